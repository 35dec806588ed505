//! What the process counts about itself, in Prometheus' text format at `/metrics`.
//!
//! Labels have few values, all of them known when the server is built: templates of routes, codes of errors, kinds of
//! messages. A path, an id or an address is never one of them.

mod clean_up;
mod database;
mod durations;
mod hashing;
mod http;
mod outbox;
mod session_memory;
mod session_reads;

use std::{sync::Arc, time::Duration};

use prometheus_client::{encoding::text::encode, metrics::info::Info, registry::Registry};

pub use clean_up::CleanUpMetrics;
pub use database::PoolGauges;
pub use durations::Durations;
pub use hashing::HashGauges;
pub use http::{ErrorLabel, HttpMetrics, RouteMetrics, SessionStarted};
pub use outbox::OutboxMetrics;
pub use session_memory::{ChannelGauges, SessionMemoryMetrics};
pub use session_reads::SessionReadMetrics;

/// The counters of this process. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Requests to the API.
    pub http: HttpMetrics,
    /// Connections of the pool, and callers waiting for one.
    pub pool: PoolGauges,
    /// Passwords being hashed, and waiting to be.
    pub hashing: HashGauges,
    /// Mails and webhooks.
    pub outbox: OutboxMetrics,
    /// Sessions that are read from the database.
    pub session_reads: SessionReadMetrics,
    /// Sessions in memory.
    pub session_memory: SessionMemoryMetrics,
    /// Rows that have had their time.
    pub clean_up: CleanUpMetrics,
}

impl Metrics {
    /// Fresh counters, all zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("auth_server");
        registry.register(
            "build",
            "The release that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let http = HttpMetrics::register(&mut registry);
        let pool = PoolGauges::register(&mut registry);
        let hashing = HashGauges::register(&mut registry);
        let outbox = OutboxMetrics::register(&mut registry);
        let session_reads = SessionReadMetrics::register(&mut registry);
        let session_memory = SessionMemoryMetrics::register(&mut registry);
        let clean_up = CleanUpMetrics::register(&mut registry);
        Self {
            registry: Arc::new(registry),
            http,
            pool,
            hashing,
            outbox,
            session_reads,
            session_memory,
            clean_up,
        }
    }

    /// Counters of which every one has a sample, as a reference of what there is.
    pub fn example() -> Self {
        let metrics = Self::new();
        let route = metrics.http.route("/sign-in/email");
        route.request(200, Duration::ZERO);
        route.error(ErrorLabel("INVALID_EMAIL_OR_PASSWORD"));
        route.session_started();
        metrics.outbox.set_pending(&[]);
        metrics
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
