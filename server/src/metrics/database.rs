//! The database pool.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::Durations;

/// Gauges of the database pool.
#[derive(Clone, Debug, Default)]
pub struct PoolGauges {
    /// Most connections that it may hold.
    pub limit: Gauge<i64, AtomicI64>,
    /// Open connections, idle or in use.
    pub open: Gauge<i64, AtomicI64>,
    /// Connections in use by a request.
    pub in_use: Gauge<i64, AtomicI64>,
    /// Requests that wait for a connection.
    pub waiting: Gauge<i64, AtomicI64>,
    /// Connections opened since the start.
    pub opened: Counter<u64, AtomicU64>,
    /// Checkouts that gave up waiting.
    pub timeouts: Counter<u64, AtomicU64>,
    /// How long checkouts waited that had to.
    pub wait: Durations,
}

impl PoolGauges {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        registry.register(
            "database_connections_limit",
            "Most connections that the pool may hold",
            gauges.limit.clone(),
        );
        registry.register(
            "database_connections_open",
            "Open connections, idle or in use",
            gauges.open.clone(),
        );
        registry.register(
            "database_connections_in_use",
            "Connections in use",
            gauges.in_use.clone(),
        );
        registry.register(
            "database_connections_waiting",
            "Requests that wait for a connection",
            gauges.waiting.clone(),
        );
        registry.register(
            "database_connections_opened",
            "Connections opened since the start",
            gauges.opened.clone(),
        );
        registry.register(
            "database_checkout_timeouts",
            "Requests that gave up waiting for a connection",
            gauges.timeouts.clone(),
        );
        registry.register_with_unit(
            "database_checkout_wait",
            "Time that requests waited for a connection, of those that had to wait",
            Unit::Seconds,
            gauges.wait.clone(),
        );
        gauges
    }
}
