//! A size and the baseline, which take turns.

use std::time::Duration;

use anyhow::Result;

use super::fill::Users;
use super::steady::Steady;
use super::{Arguments, power, quantile};
use crate::report::Report;
use crate::server::contestants::Contestant;
use crate::statistics::{median, milliseconds};

/// The p99 of a size may be this many times that of the baseline.
const GOAL: f64 = 1.1;

/// What one size costs.
pub(super) struct Cost {
    pub(super) users: u64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// The p99 beside that of the baseline.
    pub(super) ratio: f64,
    /// Processor time of the auth server and of Postgres for a check, in microseconds.
    pub(super) cpu: [f64; 2],
    /// Bytes of a user in tables and in indexes.
    pub(super) bytes: [u64; 2],
}

/// A size and the baseline, which take turns.
pub(super) struct Pair<'a> {
    pub(super) steady: Steady,
    pub(super) beside: Steady,
    pub(super) server: &'a Contestant,
    pub(super) users: &'a Users,
}

impl Pair<'_> {
    pub(super) async fn measure(
        &self,
        report: &mut Report,
        arguments: &Arguments,
        users: u64,
    ) -> Result<Cost> {
        let span = Duration::from_secs(arguments.seconds);
        // Connections are opened and statements prepared before anything counts.
        self.beside.run(span).await?;
        self.steady.run(span).await?;
        let (mut p50, mut p99, mut beside) = (vec![], vec![], vec![]);
        let (mut cpu, mut postgres) = (vec![], vec![]);
        for _ in 0..arguments.rounds {
            beside.push(quantile(&self.beside.run(span).await?, 990));
            let before = self.processor_times().await?;
            let outcome = self.steady.run(span).await?;
            let after = self.processor_times().await?;
            let answers = u32::try_from(outcome.answers).unwrap_or(u32::MAX).max(1);
            let each = |index: usize| {
                let used = after[index].saturating_sub(before[index]);
                (used / answers).as_secs_f64() * 1e6
            };
            cpu.push(each(0));
            postgres.push(each(1));
            p50.push(quantile(&outcome, 500));
            p99.push(quantile(&outcome, 990));
        }
        let [p50, p99, beside, cpu, postgres] = [p50, p99, beside, cpu, postgres].map(median);
        let ratio = p99 / beside;
        let shown = |seconds: f64| milliseconds(Duration::from_secs_f64(seconds));
        report.add(
            &format!("{} users: /get-session", power(users)),
            format!("p50 {}, p99 {}", shown(p50), shown(p99)),
            format!(
                "p99 {ratio:.2} × that of 10^4, {}; goal {GOAL} ×; CPU {cpu:.0} µs, Postgres {postgres:.0} µs",
                shown(beside),
            ),
        );
        Ok(Cost {
            users,
            p50,
            p99,
            ratio,
            cpu: [cpu, postgres],
            bytes: [0; 2],
        })
    }

    /// Of the server and of Postgres for it.
    async fn processor_times(&self) -> Result<[Duration; 2]> {
        let postgres = self.users.processor_time().await?;
        Ok([self.server.process.usage()?.cpu, postgres])
    }
}
