//! Sessions in memory, and the channel that keeps them true.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::striped::Striped;

/// The channel on which the database tells of changes.
#[derive(Clone, Debug, Default)]
pub struct ChannelGauges {
    /// 1 while changes are known to be heard of.
    pub up: Gauge<i64, AtomicI64>,
    /// Changes that were heard of.
    pub heard: Counter<u64, AtomicU64>,
}

/// Sessions in memory.
#[derive(Clone, Debug, Default)]
pub struct SessionMemoryMetrics {
    /// Sessions that were answered from memory.
    pub hits: Counter<u64, Striped<AtomicU64>>,
    /// Sessions that the database was asked for.
    pub misses: Counter<u64, AtomicU64>,
    /// Sessions in memory.
    pub entries: Gauge<i64, AtomicI64>,
    /// Bytes that they take, about.
    pub bytes: Gauge<i64, AtomicI64>,
    /// The channel that keeps them true.
    pub channel: ChannelGauges,
}

impl SessionMemoryMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "session_memory_hits",
            "Sessions that were answered from memory",
            metrics.hits.clone(),
        );
        registry.register(
            "session_memory_misses",
            "Sessions that the database was asked for although memory may answer them",
            metrics.misses.clone(),
        );
        registry.register(
            "session_memory_entries",
            "Sessions in memory",
            metrics.entries.clone(),
        );
        registry.register_with_unit(
            "session_memory",
            "Memory that they take, about",
            Unit::Bytes,
            metrics.bytes.clone(),
        );
        registry.register(
            "session_memory_channel_up",
            "1 while the database is known to tell of changes, without which nothing is answered from memory",
            metrics.channel.up.clone(),
        );
        registry.register(
            "session_memory_changes",
            "Changes that the database has told of",
            metrics.channel.heard.clone(),
        );
        metrics
    }
}
