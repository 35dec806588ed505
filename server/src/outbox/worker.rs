//! The tasks of a process that empty the outbox and count what waits there.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    Deliver, Kind, Outbox,
    lane::Lane,
    schedule::{MAIL, WEBHOOK},
    store,
};
use crate::{db::Db, metrics::OutboxMetrics};

/// How often waiting messages are counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(15);

/// Who sends which messages. Messages of a kind without a sender wait until a server has one.
#[derive(Clone, Default)]
pub struct Senders {
    /// Sends mails.
    pub mail: Option<Arc<dyn Deliver>>,
    /// Tells events to other services.
    pub webhook: Option<Arc<dyn Deliver>>,
}

/// Empties the outbox.
pub struct Worker {
    lanes: Vec<Lane>,
    db: Db,
    metrics: OutboxMetrics,
}

impl Worker {
    /// A worker that sends what `senders` can send.
    pub fn new(outbox: &Outbox, senders: Senders, db: Db, metrics: OutboxMetrics) -> Self {
        let lanes = [
            (Kind::Mail, MAIL, senders.mail),
            (Kind::Webhook, WEBHOOK, senders.webhook),
        ];
        let lanes = lanes.into_iter().filter_map(|(kind, schedule, deliver)| {
            Some(Lane {
                kind,
                schedule,
                deliver: deliver?,
                db: db.clone(),
                wake: Arc::clone(outbox.wake(kind)),
                random: Arc::clone(&outbox.random),
                metrics: metrics.clone(),
            })
        });
        Self {
            lanes: lanes.collect(),
            db,
            metrics,
        }
    }

    /// Sends until `stop`, and then what is due. What is under way when this is dropped is sent by others, or after the
    /// next start.
    pub async fn run(self, stop: CancellationToken) {
        if self.lanes.is_empty() {
            return;
        }
        let mut lanes = JoinSet::new();
        for lane in &self.lanes {
            lanes.spawn(lane.clone().run(stop.clone()));
        }
        stop.run_until_cancelled(self.count_waiting()).await;
        while lanes.join_next().await.is_some() {}
    }

    async fn count_waiting(&self) {
        let mut counts = interval(COUNT_INTERVAL);
        counts.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            counts.tick().await;
            // A database that is down is told by the lanes.
            if let Ok(mut db) = self.db.get().await
                && let Ok(counts) = store::pending(&mut db).await
            {
                self.metrics.set_pending(&counts);
            }
        }
    }
}
