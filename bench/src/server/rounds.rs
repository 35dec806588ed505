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
#[derive(Clone, Debug)]
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
        let figures = |(entry, results): (&Entry<'_>, &Vec<_>)| {
            let each = results
                .iter()
                .map(|(outcome, cpu)| Figures::of(entry, outcome, *cpu));
            Figures::median(&each.collect::<Vec<_>>())
        };
        Ok(entries.iter().zip(&rounds).map(figures).collect())
    }
}

impl Figures {
    /// The rate and what each answer cost: whole microseconds where it is many.
    pub fn shown(&self) -> String {
        let cpu = self.cpu.as_secs_f64() * 1e6;
        let decimals = usize::from(cpu < 100.0);
        format!("{:.0}/s, {cpu:.decimals$} µs CPU", self.rate)
    }

    fn of(entry: &Entry<'_>, outcome: &Outcome, cpu: Duration) -> Self {
        let answers = u32::try_from(outcome.answers).unwrap_or(u32::MAX).max(1);
        Self {
            name: entry.contestant.name,
            rate: outcome.rate(),
            p50: outcome.latencies.quantile(500),
            p99: outcome.latencies.quantile(990),
            cpu: cpu / answers,
        }
    }

    /// The median of each figure of one contestant.
    fn median(all: &[Self]) -> Self {
        let each = |of: fn(&Self) -> f64| median(all.iter().map(of).collect());
        let seconds = |of: fn(&Self) -> f64| Duration::from_secs_f64(each(of));
        Self {
            name: all.first().map_or("", |figures| figures.name),
            rate: each(|figures| figures.rate),
            p50: seconds(|figures| figures.p50.as_secs_f64()),
            p99: seconds(|figures| figures.p99.as_secs_f64()),
            cpu: seconds(|figures| figures.cpu.as_secs_f64()),
        }
    }

    /// The medians of several plays of the same entries.
    pub fn medians(plays: &[Vec<Self>]) -> Vec<Self> {
        let entries = plays.iter().map(Vec::len).min().unwrap_or(0);
        let of = |index: usize| {
            let each = plays.iter().map(|play: &Vec<Self>| play[index].clone());
            Self::median(&each.collect::<Vec<_>>())
        };
        (0..entries).map(of).collect()
    }
}
