//! Contestants take turns, several times.

use std::time::Duration;

use anyhow::Result;

use super::contestants::Contestant;
use super::load::{Outcome, Target, closed};
use crate::statistics::median;

/// A contestant and what it is asked.
pub struct Entry<'a> {
    /// The contestant.
    pub contestant: &'a Contestant,
    /// The request.
    pub target: Target,
    /// Connections that ask as fast as they are answered.
    pub connections: usize,
}

/// What a contestant did in all rounds.
pub struct Figures {
    /// Its name.
    pub name: &'static str,
    /// Answers per second, the median of the rounds.
    pub rate: f64,
    /// Median latency.
    pub p50: Duration,
    /// Latency of the slowest hundredth.
    pub p99: Duration,
    /// Processor time of its process per answer.
    pub cpu: Duration,
}

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// Number of turns of each.
    pub number: usize,
    /// Length of a turn.
    pub span: Duration,
}

impl Rounds {
    /// Loads each entry in turn, so that what changes on the machine meanwhile hits all of them.
    pub async fn play(self, entries: &[Entry<'_>]) -> Result<Vec<Figures>> {
        let mut rounds: Vec<Vec<_>> = entries.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.number {
            for (entry, results) in entries.iter().zip(&mut rounds) {
                let before = entry.contestant.process.usage()?.cpu;
                let outcome = closed(&entry.target, entry.connections, self.span).await?;
                let cpu = entry.contestant.process.usage()?.cpu.saturating_sub(before);
                results.push((outcome, cpu));
            }
        }
        let result = |(entry, results): (&Entry<'_>, &Vec<(Outcome, Duration)>)| {
            let each =
                |of: &dyn Fn(&(Outcome, Duration)) -> f64| median(results.iter().map(of).collect());
            let seconds = |seconds: f64| Duration::from_secs_f64(seconds);
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let cpu = |(outcome, cpu): &(Outcome, Duration)| {
                cpu.as_secs_f64() / outcome.answers.max(1) as f64
            };
            Figures {
                name: entry.contestant.name,
                rate: each(&|(outcome, _)| outcome.rate()),
                p50: seconds(each(&|(outcome, _)| {
                    outcome.latencies.quantile(500).as_secs_f64()
                })),
                p99: seconds(each(&|(outcome, _)| {
                    outcome.latencies.quantile(990).as_secs_f64()
                })),
                cpu: seconds(each(&cpu)),
            }
        };
        Ok(entries.iter().zip(&rounds).map(result).collect())
    }
}
