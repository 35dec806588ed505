//! `cargo xtask test`: the rings, from the quickest to the one on a real cluster.

mod debian;
pub(crate) mod postgres;
mod rings;
mod runner;
mod schemathesis;
mod tally;

use std::iter;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use rings::Ring;
use runner::Runner;
use tally::Tally;

/// What came of a ring.
struct Outcome {
    ring: &'static str,
    tally: Tally,
    took: Duration,
    /// The checks that failed, and what kept the ring from running.
    failures: Vec<String>,
}

/// Runs the rings named, or all that need no naming, and prints what came of them.
pub(crate) fn run(workspace: &Workspace, names: &[&str]) -> Result<ExitCode> {
    let rings = choose(names)?;
    let outcomes: Vec<Outcome> = rings.iter().map(|ring| outcome(ring, workspace)).collect();
    let total = outcomes
        .iter()
        .fold(Tally::default(), |sum, outcome| sum + outcome.tally);
    println!("\n{}", table(&outcomes));
    // The last line, alone, is what tools read.
    println!("\n{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn choose(names: &[&str]) -> Result<Vec<&'static Ring>> {
    for name in names {
        if !rings::ALL.iter().any(|ring| ring.name == *name) {
            let known: Vec<&str> = rings::ALL.iter().map(|ring| ring.name).collect();
            bail!("there is no ring {name}; there are {}", known.join(", "));
        }
    }
    let wanted = |ring: &&Ring| {
        if names.is_empty() {
            !ring.only_by_name
        } else {
            names.contains(&ring.name)
        }
    };
    Ok(rings::ALL.iter().filter(wanted).collect())
}

fn outcome(ring: &Ring, workspace: &Workspace) -> Outcome {
    let start = Instant::now();
    let mut runner = Runner::new(ring.name, workspace);
    if let Err(error) = (ring.run)(&mut runner) {
        runner.fail(format!("{error:#}"));
    }
    let (tally, failures) = runner.finish();
    Outcome {
        ring: ring.name,
        tally,
        took: start.elapsed(),
        failures,
    }
}

fn table(outcomes: &[Outcome]) -> String {
    let head = format!(
        "{:<12} {:>7} {:>7} {:>9}",
        "ring", "passed", "failed", "time"
    );
    let rings = outcomes.iter().map(|outcome| {
        format!(
            "{:<12} {:>7} {:>7} {:>7.1} s",
            outcome.ring,
            outcome.tally.passed,
            outcome.tally.failed,
            outcome.took.as_secs_f64()
        )
    });
    let failures = outcomes.iter().flat_map(|outcome| {
        let named = |failure| format!("failed: {}: {failure}", outcome.ring);
        outcome.failures.iter().map(named)
    });
    let lines: Vec<String> = iter::once(head).chain(rings).chain(failures).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Vec<&'static str> {
        choose(names)
            .unwrap()
            .iter()
            .map(|ring| ring.name)
            .collect()
    }

    #[test]
    fn without_names_all_rings_run_from_the_quickest_to_the_cluster() {
        assert_eq!(
            chosen(&[]),
            ["unit", "chart", "server", "operator", "conformance", "e2e"]
        );
    }

    #[test]
    fn named_rings_run_in_the_same_order() {
        assert_eq!(chosen(&["e2e", "unit"]), ["unit", "e2e"]);
    }

    #[test]
    fn an_unknown_ring_is_an_error_that_lists_the_known_ones() {
        let Err(error) = choose(&["unti"]) else {
            panic!("no error")
        };
        assert_eq!(
            error.to_string(),
            "there is no ring unti; there are unit, chart, server, operator, conformance, e2e, deny"
        );
    }

    #[test]
    fn the_table_names_what_failed() {
        let outcomes = [Outcome {
            ring: "unit",
            tally: Tally {
                passed: 12,
                failed: 1,
            },
            took: Duration::from_millis(3456),
            failures: vec!["cargo fmt".to_owned()],
        }];
        assert_eq!(
            table(&outcomes),
            "ring          passed  failed      time\n\
             unit              12       1     3.5 s\n\
             failed: unit: cargo fmt"
        );
    }
}
