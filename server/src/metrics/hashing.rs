//! The password hasher.

use std::sync::atomic::AtomicI64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::Durations;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AlgorithmLabel {
    algorithm: &'static str,
}

/// Gauges of the password hasher.
#[derive(Clone, Debug, Default)]
pub struct HashGauges {
    /// Most passwords that may be hashed at once.
    pub limit: Gauge<i64, AtomicI64>,
    /// Passwords being hashed now.
    pub running: Gauge<i64, AtomicI64>,
    /// Passwords that wait for a free core.
    pub waiting: Gauge<i64, AtomicI64>,
    /// Passwords that were refused because too many waited.
    pub refused: Counter,
    /// Hashes that were computed: a wrong password takes one of each kind that is stored.
    computed: Family<AlgorithmLabel, Counter>,
    /// How long passwords waited.
    pub wait: Durations,
    /// How long hashes took, without the wait.
    pub duration: Durations,
}

impl HashGauges {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        registry.register(
            "password_hashes_limit",
            "Most passwords that may be hashed at once",
            gauges.limit.clone(),
        );
        registry.register(
            "password_hashes_running",
            "Passwords being hashed",
            gauges.running.clone(),
        );
        registry.register(
            "password_hashes_waiting",
            "Passwords that wait for a free core",
            gauges.waiting.clone(),
        );
        registry.register(
            "password_hashes_refused",
            "Passwords that were not hashed because too many waited",
            gauges.refused.clone(),
        );
        registry.register(
            "password_hashes_computed",
            "Hashes that were computed, by algorithm: a wrong password takes one of each kind that is stored",
            gauges.computed.clone(),
        );
        for algorithm in ["argon2", "scrypt"] {
            drop(gauges.computed.get_or_create(&AlgorithmLabel { algorithm }));
        }
        registry.register_with_unit(
            "password_hash_wait",
            "Time that passwords waited for a free core",
            Unit::Seconds,
            gauges.wait.clone(),
        );
        registry.register_with_unit(
            "password_hash_duration",
            "Time that hashing a password took, without the wait",
            Unit::Seconds,
            gauges.duration.clone(),
        );
        gauges
    }

    /// Counts a hash by `algorithm`.
    pub fn count_computed(&self, algorithm: &'static str) {
        self.computed
            .get_or_create(&AlgorithmLabel { algorithm })
            .inc();
    }
}
