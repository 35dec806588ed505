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

use crate::outbox::Kind;

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
struct KindLabel {
    kind: &'static str,
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
    /// Mails and webhooks.
    pub outbox: OutboxMetrics,
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

impl PoolGauges {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "database_connections_open",
            "Open connections",
            self.open.clone(),
        );
        registry.register(
            "database_connections_in_use",
            "Connections in use",
            self.in_use.clone(),
        );
        registry.register(
            "database_connections_waiting",
            "Requests that wait for a connection",
            self.waiting.clone(),
        );
        registry.register(
            "database_connections_opened",
            "Connections opened since the start",
            self.opened.clone(),
        );
        registry.register(
            "database_checkout_timeouts",
            "Requests that gave up waiting for a connection",
            self.timeouts.clone(),
        );
    }
}

impl HashGauges {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "password_hashes_running",
            "Passwords being hashed",
            self.running.clone(),
        );
        registry.register(
            "password_hashes_waiting",
            "Passwords that wait for a free core",
            self.waiting.clone(),
        );
    }
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

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "outbox_pending",
            "Messages in the database that wait to be sent, by whichever server",
            self.pending.clone(),
        );
        registry.register(
            "outbox_sent",
            "Messages that this process has sent",
            self.sent.clone(),
        );
        registry.register(
            "outbox_dead",
            "Messages that this process has given up",
            self.dead.clone(),
        );
    }
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
        pool.register(&mut registry);
        hashing.register(&mut registry);
        let outbox = OutboxMetrics::default();
        outbox.register(&mut registry);
        Self {
            registry: Arc::new(registry),
            requests,
            latency,
            pool,
            hashing,
            outbox,
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
