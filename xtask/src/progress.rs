//! What a person sees: one line per step, and a log file with everything.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::{self, Output};

/// How often the line of a running step is drawn again on a terminal.
const REDRAW: Duration = Duration::from_millis(200);
/// Lines of the log shown when a step fails.
const TAIL: usize = 20;
/// Width of a step's name, so that the times stand below each other.
const NAME_WIDTH: usize = 28;

/// A task of several steps.
pub(crate) struct Progress {
    total: usize,
    done: usize,
    live: bool,
    log_path: PathBuf,
    log: Mutex<File>,
}

impl Progress {
    /// Starts a task of `total` steps whose programs write to the log at `log_path`.
    pub(crate) fn new(total: usize, log_path: PathBuf) -> Result<Self> {
        let log = File::create(&log_path)
            .with_context(|| format!("cannot write {}", log_path.display()))?;
        Ok(Self {
            total,
            done: 0,
            live: io::stdout().is_terminal(),
            log_path,
            log: Mutex::new(log),
        })
    }

    /// The file with all output of the steps' programs.
    pub(crate) fn log_path(&self) -> &Path {
        &self.log_path
    }

    /// Does a step and prints its line; a failed one is followed by the end of its log.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&Step<'_>) -> Result<T>,
    ) -> Result<T> {
        self.done += 1;
        let head = format!(
            "[{:>width$}/{}] {name:<NAME_WIDTH$}",
            self.done,
            self.total,
            width = digits(self.total)
        );
        let step = Step {
            head: &head,
            live: self.live,
            log: &self.log,
            state: Mutex::default(),
        };
        let start = Instant::now();
        let result = step.animated(start, || work(&step));
        let seconds = start.elapsed().as_secs_f64();
        let state = step.state();
        if let Err(error) = result {
            println!("{head}{seconds:>7.1} s  failed");
            for line in &state.tail {
                println!("    {line}");
            }
            println!("    full log: {}", self.log_path.display());
            return Err(error);
        }
        println!(
            "{}",
            format!("{head}{seconds:>7.1} s  {}", state.note).trim_end()
        );
        result
    }
}

/// A step under way.
pub(crate) struct Step<'a> {
    head: &'a str,
    live: bool,
    log: &'a Mutex<File>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is being done just now.
    now: String,
    /// What came of it.
    note: String,
    tail: Vec<String>,
}

impl Step<'_> {
    /// Says what is being done now, where that takes a while.
    pub(crate) fn say(&self, text: &str) {
        if !self.live {
            println!("{}: {text} …", self.head.trim_end());
        }
        text.clone_into(&mut self.state().now);
    }

    /// Says at the end of the step's line what came of it.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.state().note = text.into();
    }

    /// Runs a program whose output goes to the log.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        self.record(&format!("$ {command:?}"));
        process::stream(command, &|output, line| {
            self.record(line);
            if output == Output::Stderr {
                self.follow(line);
            }
        })
    }

    /// Runs a program and returns its standard output; the error output goes to the log.
    pub(crate) fn capture(&self, command: &mut Command) -> Result<String> {
        self.record(&format!("$ {command:?}"));
        let captured = Mutex::new(String::new());
        process::stream(command, &|output, line| match output {
            Output::Stdout => {
                let mut captured = locked(&captured);
                captured.push_str(line);
                captured.push('\n');
            }
            Output::Stderr => {
                self.record(line);
                self.follow(line);
            }
        })?;
        Ok(captured
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows what a program's error output says of its progress.
    fn follow(&self, line: &str) {
        match line.trim_start().split_once(' ') {
            // The project's own scripts announce each of their steps so.
            Some(("==>", text)) => self.say(text),
            // One line per crate is progress on a terminal and a wall of text elsewhere.
            Some(("Compiling", text)) if self.live => {
                self.state().now = format!("compiling {text}");
            }
            _ => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    fn record(&self, line: &str) {
        // A full disk shows in what the program itself says.
        let _ = writeln!(locked(self.log), "{line}");
        let tail = &mut self.state().tail;
        if tail.len() == TAIL {
            tail.remove(0);
        }
        tail.push(line.to_owned());
    }

    /// Does the work; on a terminal the step's line counts the seconds meanwhile.
    fn animated<T>(&self, start: Instant, work: impl FnOnce() -> T) -> T {
        if !self.live {
            return work();
        }
        let (finished, wait) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while wait.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
                    let now = self.state().now.clone();
                    draw(&format!(
                        "{}{:>5} s    {now}",
                        self.head,
                        start.elapsed().as_secs()
                    ));
                }
                draw("");
            });
            let result = work();
            drop(finished);
            result
        })
    }
}

/// Replaces the terminal's current line, cut so that it stays one line.
fn draw(line: &str) {
    /// Columns of the narrowest usual terminal.
    const COLUMNS: usize = 80;
    let line: String = line.chars().take(COLUMNS - 1).collect();
    print!("\r\x1b[2K{line}");
    let _ = io::stdout().flush();
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

/// The value, even where another thread panicked with it: it is only shown.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn progress(folder: &Path) -> Progress {
        Progress::new(1, folder.join("log")).unwrap()
    }

    #[test]
    fn a_step_returns_what_its_program_printed() {
        let folder = tempfile::tempdir().unwrap();
        let printed = progress(folder.path())
            .step("say", |step| {
                step.capture(Command::new("echo").arg("hello"))
            })
            .unwrap();
        assert_eq!(printed, "hello\n");
    }

    #[test]
    fn the_log_has_the_command_and_both_outputs() {
        let folder = tempfile::tempdir().unwrap();
        progress(folder.path())
            .step("say", |step| {
                step.run(Command::new("sh").args(["-c", "echo out; echo err >&2"]))
            })
            .unwrap();
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        let mut lines: Vec<&str> = log.lines().collect();
        lines[1..].sort_unstable();
        assert_eq!(
            lines,
            [r#"$ "sh" "-c" "echo out; echo err >&2""#, "err", "out"]
        );
    }

    #[test]
    fn a_failed_program_fails_the_step() {
        let folder = tempfile::tempdir().unwrap();
        let result =
            progress(folder.path()).step("fail", |step| step.run(&mut Command::new("false")));
        assert!(result.is_err());
    }
}
