//! Runs the checks of a ring: shows their output as it comes and counts their tests.

use std::io::{self, IsTerminal, Write};
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::Result;

use super::tally::{Tally, counts};
use crate::process;
use crate::progress::{Progress, Step};
use crate::workspace::Workspace;

/// How long a check may take. Builds without any cache take a quarter of an hour on two cores; what is not
/// through after this hangs, and must not keep the other checks from running.
const LIMIT: Duration = Duration::from_mins(30);

/// A ring under way.
pub(super) struct Runner<'a> {
    ring: &'static str,
    pub(super) workspace: &'a Workspace,
    tally: Tally,
    failures: Vec<String>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(ring: &'static str, workspace: &'a Workspace) -> Self {
        Self {
            ring,
            workspace,
            tally: Tally::default(),
            failures: Vec::new(),
        }
    }

    /// Runs a check from the repository's root. What fails is counted, and the next check runs.
    pub(super) fn check(&mut self, name: &str, command: &mut Command) {
        println!("\n--- {}: {name}", self.ring);
        if command.get_current_dir().is_none() {
            command.current_dir(&self.workspace.root);
        }
        if io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let tally = Mutex::new(Tally::default());
        let result = process::stream_within(command, LIMIT, &|_, line| {
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            *tally = *tally + counts(line);
            // Nobody reads on: the tests go on all the same.
            let _ = writeln!(io::stdout(), "{line}");
        });
        let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.tally = self.tally + tally;
        match result {
            Ok(()) => {}
            Err(_) if tally.failed > 0 => {
                self.failures
                    .push(format!("{name}: {} tests", tally.failed));
            }
            Err(error) => self.fail(format!("{name}: {error:#}")),
        }
    }

    /// Counts a failure that is no test's.
    pub(super) fn fail(&mut self, failure: String) {
        println!("{failure}");
        self.tally.failed += 1;
        self.failures.push(failure);
    }

    /// Prepares what the ring needs, as steps that the log `test-<ring>.log` has in full.
    pub(super) fn progress(&self, steps: usize) -> Result<Progress> {
        println!("\n--- {}: what it needs", self.ring);
        let log = self
            .workspace
            .scratch()?
            .join(format!("test-{}.log", self.ring));
        Progress::new(steps, log)
    }

    /// Prepares with a single step.
    pub(super) fn prepare<T>(
        &self,
        name: &str,
        work: impl FnOnce(&Step<'_>) -> Result<T>,
    ) -> Result<T> {
        self.progress(1)?.step(name, work)
    }

    pub(super) fn finish(self) -> (Tally, Vec<String>) {
        (self.tally, self.failures)
    }
}
