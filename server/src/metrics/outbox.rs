//! Mails and webhooks.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::outbox::Kind;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

/// Counters of the outbox, by kind of message.
#[derive(Clone, Debug, Default)]
pub struct OutboxMetrics {
    pending: Family<KindLabel, Gauge>,
    sent: Family<KindLabel, Counter>,
    dead: Family<KindLabel, Counter>,
}

impl OutboxMetrics {
    /// Sets how many messages wait to be sent; kinds that are not among `counts` have none.
    pub fn set_pending(&self, counts: &[(String, i64)]) {
        for kind in Kind::ALL.map(Kind::as_str) {
            let count = counts.iter().find(|(known, _)| known == kind);
            let gauge = self.pending.get_or_create(&KindLabel { kind });
            gauge.set(count.map_or(0, |(_, count)| *count));
        }
    }

    /// Counts a message that was sent.
    pub fn sent(&self, kind: Kind) {
        let kind = kind.as_str();
        self.sent.get_or_create(&KindLabel { kind }).inc();
    }

    /// Counts a message that was given up.
    pub fn dead(&self, kind: Kind) {
        let kind = kind.as_str();
        self.dead.get_or_create(&KindLabel { kind }).inc();
    }

    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        // A counter that appears with its first count has not increased, as Prometheus sees it, and alerts nobody.
        for kind in Kind::ALL.map(Kind::as_str) {
            drop(metrics.sent.get_or_create(&KindLabel { kind }));
            drop(metrics.dead.get_or_create(&KindLabel { kind }));
        }
        registry.register(
            "outbox_pending",
            "Messages in the database that wait to be sent, by whichever server",
            metrics.pending.clone(),
        );
        registry.register(
            "outbox_sent",
            "Messages that this process has sent",
            metrics.sent.clone(),
        );
        registry.register(
            "outbox_dead",
            "Messages that this process has given up",
            metrics.dead.clone(),
        );
        metrics
    }
}
