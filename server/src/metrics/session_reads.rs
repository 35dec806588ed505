//! Sessions that are read from the database.

use std::sync::atomic::AtomicI64;

use prometheus_client::{
    metrics::{gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Upper bounds of groups, up to the largest.
const SIZE_BUCKETS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// Sessions that are read from the database.
#[derive(Clone, Debug)]
pub struct SessionReadMetrics {
    sizes: Histogram,
    /// Session checks that wait for others.
    pub waiting: Gauge<i64, AtomicI64>,
}

impl SessionReadMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            sizes: Histogram::new(SIZE_BUCKETS),
            waiting: Gauge::default(),
        };
        registry.register(
            "session_reads",
            "Session checks that one query answered",
            metrics.sizes.clone(),
        );
        registry.register(
            "session_reads_waiting",
            "Session checks that wait for the next query or are in it",
            metrics.waiting.clone(),
        );
        metrics
    }

    /// Counts a query for so many requests.
    pub fn count(&self, requests: usize) {
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        self.sizes.observe(requests.into());
    }
}
