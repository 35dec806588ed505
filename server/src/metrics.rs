//! What the process counts about itself, in Prometheus' text format at `/metrics`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Upper bounds in seconds: from a session check answered from memory to a request that waited for hashing.
const LATENCY_BUCKETS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The template of the route that answered, for example `/sign-in/email`: what logs and metrics show instead of
/// the path, which may contain a token. The dispatcher puts it into the extensions of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchedRoute(pub &'static str);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

/// The counters of this process. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabel, Histogram>,
    /// Connections of the pool that are open, in use, and callers waiting for one.
    pub pool: PoolGauges,
    /// Passwords being hashed, and waiting to be.
    pub hashing: HashGauges,
}

/// Gauges of the database pool.
#[derive(Clone, Debug, Default)]
pub struct PoolGauges {
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
}

/// Gauges of the password hasher.
#[derive(Clone, Debug, Default)]
pub struct HashGauges {
    /// Passwords being hashed now.
    pub running: Gauge<i64, AtomicI64>,
    /// Passwords that wait for a free core.
    pub waiting: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// Fresh counters, all zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("auth_server");
        let requests = Family::<RequestLabels, Counter>::default();
        let latency = Family::<RouteLabel, Histogram>::new_with_constructor(|| {
            Histogram::new(LATENCY_BUCKETS)
        });
        let pool = PoolGauges::default();
        let hashing = HashGauges::default();
        registry.register(
            "http_requests",
            "Requests by route and status class",
            requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to its answer",
            latency.clone(),
        );
        registry.register(
            "database_connections_open",
            "Open connections",
            pool.open.clone(),
        );
        registry.register(
            "database_connections_in_use",
            "Connections in use",
            pool.in_use.clone(),
        );
        registry.register(
            "database_connections_waiting",
            "Requests that wait for a connection",
            pool.waiting.clone(),
        );
        registry.register(
            "database_connections_opened",
            "Connections opened since the start",
            pool.opened.clone(),
        );
        registry.register(
            "database_checkout_timeouts",
            "Requests that gave up waiting for a connection",
            pool.timeouts.clone(),
        );
        registry.register(
            "password_hashes_running",
            "Passwords being hashed",
            hashing.running.clone(),
        );
        registry.register(
            "password_hashes_waiting",
            "Passwords that wait for a free core",
            hashing.waiting.clone(),
        );
        Self {
            registry: Arc::new(registry),
            requests,
            latency,
            pool,
            hashing,
        }
    }

    /// Counts one answered request. `status` is the HTTP status code.
    pub fn request(&self, route: MatchedRoute, status: u16, elapsed: Duration) {
        let class = match status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.requests
            .get_or_create(&RequestLabels {
                route: route.0,
                status: class,
            })
            .inc();
        self.latency
            .get_or_create(&RouteLabel { route: route.0 })
            .observe(elapsed.as_secs_f64());
    }

    /// The counters in Prometheus' text format.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
