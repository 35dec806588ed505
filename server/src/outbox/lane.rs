//! Sends the messages of one kind.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Deliver, Failure, Item, Kind,
    schedule::Schedule,
    slots::{self, Slot, Slots},
    store,
};
use crate::{
    crypto::random::Random,
    db::{Db, DbError},
    metrics::OutboxMetrics,
};

/// After a message was queued the worker looks at once and after these pauses: the transaction that queued it may not
/// have been committed yet.
const EAGER: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

/// Otherwise it looks so often, for messages to be tried again and those of processes that died.
const POLL: Duration = Duration::from_secs(5);

/// Between two tries to write down what became of a message.
const SETTLE_PAUSE: Duration = Duration::from_secs(1);

/// What a lease lasts longer than the attempt: time to write down what became of it.
const LEASE_MARGIN: Duration = Duration::from_secs(20);

/// Sends the messages of one kind.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) kind: Kind,
    pub(super) schedule: Schedule,
    pub(super) deliver: Arc<dyn Deliver>,
    pub(super) db: Db,
    pub(super) wake: Arc<Notify>,
    pub(super) random: Arc<Random>,
    pub(super) metrics: OutboxMetrics,
}

#[derive(Debug, thiserror::Error)]
enum LaneError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Statement(#[from] store::Error),
}

impl Lane {
    /// Sends until `stop`, and then what is due.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let slots = Slots::default();
        let limit = slots::EACH * self.deliver.receivers();
        let mut pauses = EAGER.iter();
        let mut is_well = true;
        loop {
            // Asked before the look: what was queued before the stop may have come after a look that began earlier.
            let is_last = stop.is_cancelled();
            if running.len() < limit {
                match self.claim(&slots.full()).await {
                    Ok(claimed) => {
                        is_well = true;
                        if let Some(item) = claimed {
                            let slot = slots.take(item.receiver.clone());
                            running.spawn(self.clone().attempt(item, slot));
                            // There may be more, and they need not wait for this one.
                            continue;
                        }
                    }
                    Err(error) => {
                        if is_well {
                            let kind = self.kind.as_str();
                            tracing::warn!(kind, %error, "messages cannot be fetched from the outbox");
                        }
                        is_well = false;
                    }
                }
            }
            if is_last && running.is_empty() {
                return;
            }
            if stop.is_cancelled() && !is_last {
                continue;
            }
            let pause = pauses.next().copied().unwrap_or(POLL);
            tokio::select! {
                Some(_) = running.join_next() => {}
                () = self.wake.notified() => pauses = EAGER.iter(),
                () = sleep(pause), if running.len() < limit => {}
                () = stop.cancelled(), if !stop.is_cancelled() => {}
            }
        }
    }

    async fn claim(&self, full: &[String]) -> Result<Option<Item>, LaneError> {
        let mut db = self.db.get().await?;
        Ok(store::claim(&mut db, self.kind.as_str(), full, self.lease()).await?)
    }

    fn lease(&self) -> Duration {
        self.deliver.limit() + LEASE_MARGIN
    }

    /// Sends a message and writes down what became of it. Its receiver gets so many at a time.
    async fn attempt(self, item: Item, _slot: Slot) {
        let deadline = Instant::now() + self.lease();
        let outcome = if item.attempt > self.schedule.attempts {
            Err(Failure::never("no attempt came to an end"))
        } else {
            timeout(self.deliver.limit(), self.deliver.deliver(&item))
                .await
                .unwrap_or_else(|_| Err(Failure::later("took too long")))
        };
        let end = self.end(&item, outcome);
        while let Err(error) = self.settle(&item, &end).await {
            if Instant::now() + SETTLE_PAUSE > deadline {
                let message = item.message_id.as_str();
                tracing::warn!(message, %error, "what became of a message cannot be written down: it will be sent again");
                return;
            }
            sleep(SETTLE_PAUSE).await;
        }
    }

    fn end(&self, item: &Item, outcome: Result<(), Failure>) -> End {
        let (reason, requested) = match outcome {
            Ok(()) => return End::Sent,
            Err(Failure::Never { reason }) => return End::Dead(reason),
            Err(Failure::Later { reason, after }) => (reason, after),
        };
        match self.schedule.pause(item.attempt, requested, self.chance()) {
            Some(pause) => End::Later(reason, pause),
            None => End::Dead(reason),
        }
    }

    async fn settle(&self, item: &Item, end: &End) -> Result<(), LaneError> {
        let kind = self.kind.as_str();
        let message = item.message_id.as_str();
        let attempt = item.attempt;
        let mut db = self.db.get().await?;
        match end {
            End::Sent => {
                store::remove(&mut db, item).await?;
                self.metrics.sent(self.kind);
                tracing::debug!(kind, message, attempt, "message sent");
            }
            End::Later(reason, pause) => {
                store::put_off(&mut db, item, *pause, reason).await?;
                let pause = pause.as_secs();
                tracing::warn!(
                    kind,
                    message,
                    attempt,
                    reason,
                    pause,
                    "message not sent, will be tried again"
                );
            }
            End::Dead(reason) => {
                store::give_up(&mut db, item, reason).await?;
                self.metrics.dead(self.kind);
                tracing::error!(kind, message, attempt, reason, "message given up");
            }
        }
        Ok(())
    }

    /// A number from 0 to 1.
    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    }
}

/// What became of a message.
enum End {
    Sent,
    Later(String, Duration),
    Dead(String),
}
