//! Rows that have had their time.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::{Registry, Unit},
};

use crate::janitor::Leftover;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

/// What was removed, by kind, and how long the statements took.
#[derive(Clone, Debug)]
pub struct CleanUpMetrics {
    rows: Family<KindLabel, Counter>,
    duration: super::Durations,
}

impl CleanUpMetrics {
    /// Counts what a statement has removed that `took` so long.
    pub fn removed(&self, leftover: Leftover, rows: u64, took: Duration) {
        let kind = leftover.as_str();
        self.rows.get_or_create(&KindLabel { kind }).inc_by(rows);
        self.duration.observe(took);
    }

    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            rows: Family::default(),
            duration: super::Durations::default(),
        };
        for kind in Leftover::ALL.map(Leftover::as_str) {
            drop(metrics.rows.get_or_create(&KindLabel { kind }));
        }
        registry.register(
            "clean_up_rows",
            "Rows that this process has removed because they had had their time",
            metrics.rows.clone(),
        );
        registry.register_with_unit(
            "clean_up_batch_duration",
            "How long the statements took that removed them",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        metrics
    }
}
