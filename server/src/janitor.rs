//! Removes rows that have had their time, beside the requests and never within one.
//!
//! Every server looks once a minute. What there is goes in statements of few rows each ([`Pace`]), with pauses between
//! them. Of several servers one removes at a time ([`Batch`]); one that meets another leaves it the rest and comes back
//! with its next look, so that it does not matter how many servers there are.

mod leftover;
mod pace;

use std::time::Duration;

use authbackend_crds::auth::AuthSettings;
use time::OffsetDateTime;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    db::{Batch, Db, DbError, Removed},
    metrics::{CleanUpMetrics, Metrics},
};
pub use leftover::Leftover;
use pace::Pace;

/// How often a server looks for what there is to remove.
const INTERVAL: Duration = Duration::from_mins(1);

/// Removes rows that have had their time.
pub struct Janitor {
    db: Db,
    clock: Clock,
    metrics: CleanUpMetrics,
    /// What is removed, and how long after its time.
    work: Vec<(Leftover, time::Duration)>,
}

/// How a look ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Nothing is left to be removed.
    Done,
    /// Another server is removing.
    Another,
    /// The process stops.
    Stopped,
}

impl Janitor {
    /// Removes what `settings` do not want to keep.
    pub fn new(settings: &AuthSettings, db: &Db, clock: &Clock, metrics: &Metrics) -> Self {
        let all = Leftover::ALL.into_iter();
        let work = all.filter_map(|leftover| Some((leftover, leftover.retention(settings)?)));
        Self {
            db: db.clone(),
            clock: clock.clone(),
            metrics: metrics.clean_up.clone(),
            work: work.collect(),
        }
    }

    /// Looks once a minute, until `stop`. What keeps it from working is logged once per change.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = String::new();
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let reason = match self.look(&stop).await {
                Ok(outcome) => {
                    tracing::debug!(?outcome, "looked for rows that have had their time");
                    String::new()
                }
                Err(error) => error.to_string(),
            };
            if !reason.is_empty() && reason != told {
                tracing::warn!(reason, "rows that have had their time cannot be removed");
            }
            told = reason;
        }
    }

    /// Removes everything that has had its time by now.
    ///
    /// # Errors
    /// The database fails. What was removed stays removed.
    pub async fn look(&self, stop: &CancellationToken) -> Result<Outcome, DbError> {
        for (leftover, retention) in &self.work {
            let before = self.clock.now() - *retention;
            let outcome = self.remove(*leftover, before, stop).await?;
            if outcome != Outcome::Done {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Done)
    }

    async fn remove(
        &self,
        leftover: Leftover,
        before: OffsetDateTime,
        stop: &CancellationToken,
    ) -> Result<Outcome, DbError> {
        let mut pace = Pace::default();
        let mut from = OffsetDateTime::UNIX_EPOCH;
        while !stop.is_cancelled() {
            let rows = pace.rows();
            let batch = Batch { from, before, rows };
            let (removed, took) = self.remove_batch(leftover, &batch).await?;
            let Some(removed) = removed else {
                return Ok(Outcome::Another);
            };
            self.metrics.removed(leftover, removed.rows, took);
            let Some(last) = removed.last.filter(|_| removed.rows >= u64::from(rows)) else {
                return Ok(Outcome::Done);
            };
            from = last;
            stop.run_until_cancelled(sleep(pace.next(took))).await;
        }
        Ok(Outcome::Stopped)
    }

    /// Takes a connection for each batch, so that requests get theirs in between. What waiting for it takes does not count.
    async fn remove_batch(
        &self,
        leftover: Leftover,
        batch: &Batch,
    ) -> Result<(Option<Removed>, Duration), DbError> {
        let mut db = self.db.get().await?;
        let started = Instant::now();
        let removed = leftover.remove(&mut db, batch).await?;
        Ok((removed, started.elapsed()))
    }
}
