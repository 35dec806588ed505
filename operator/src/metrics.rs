//! What the operator counts, in Prometheus' text format.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::metrics::states::{Gauges, States};

mod states;

pub use states::{ConditionLabels, State};

/// Upper bounds of the duration histogram in seconds: from a reconcile that only reads to one that waits for a
/// slow API server.
const DURATION_BUCKETS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A request to the API server.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct RequestLabels {
    /// Plural of the kind, with the subresource after a slash.
    pub resource: String,
    /// The API's word for what is done, such as `patch`.
    pub verb: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ResultLabels {
    result: &'static str,
}

/// How a reconcile ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All five steps were done.
    Done,
    /// What was seen is out of date; it is tried again at once.
    Conflict,
    /// A step failed; it is tried again.
    Failed,
    /// The object cannot be understood; nothing is done until it changes.
    Invalid,
}

impl Outcome {
    /// The word for it in metrics and traces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
        }
    }
}

/// The counters. Copies share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    reconciles: Family<ResultLabels, Counter>,
    duration: Histogram,
    running: Gauge,
    running_limit: Gauge,
    requests: Family<RequestLabels, Counter>,
    failures: Family<RequestLabels, Counter>,
    events_dropped: Counter,
    in_backoff: Gauge,
    leader: Gauge,
    namespaces_refused: Gauge,
    objects: Gauges,
    states: Arc<Mutex<States>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            reconciles: Family::default(),
            duration: Histogram::new(DURATION_BUCKETS),
            running: Gauge::default(),
            running_limit: Gauge::default(),
            requests: Family::default(),
            failures: Family::default(),
            events_dropped: Counter::default(),
            in_backoff: Gauge::default(),
            leader: Gauge::default(),
            namespaces_refused: Gauge::default(),
            objects: Gauges::default(),
            states: Arc::default(),
        };
        metrics.registry = Arc::new(metrics.registry());
        metrics
    }
}

impl Metrics {
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("authbackend_operator");
        registry.register(
            "build",
            "The release that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        registry.register(
            "reconciles",
            "Reconciles by result",
            self.reconciles.clone(),
        );
        registry.register_with_unit(
            "reconcile_duration",
            "Duration of a reconcile",
            Unit::Seconds,
            self.duration.clone(),
        );
        registry.register(
            "reconciles_running",
            "Reconciles under way; at the limit, objects wait",
            self.running.clone(),
        );
        registry.register(
            "reconciles_limit",
            "Most reconciles at a time",
            self.running_limit.clone(),
        );
        registry.register(
            "api_requests",
            "Requests to the API server by resource and verb",
            self.requests.clone(),
        );
        registry.register(
            "api_request_failures",
            "Requests to the API server that it refused or did not answer, by resource and verb; conflicts among them",
            self.failures.clone(),
        );
        registry.register(
            "events_dropped",
            "Events that could not be published",
            self.events_dropped.clone(),
        );
        registry.register(
            "objects_in_backoff",
            "AuthBackends whose last reconcile failed",
            self.in_backoff.clone(),
        );
        registry.register(
            "leader",
            "1 while this replica is the leader",
            self.leader.clone(),
        );
        registry.register(
            "namespaces_refused",
            "Watched namespaces whose AuthBackends the API server refuses to list",
            self.namespaces_refused.clone(),
        );
        self.objects.register(&mut registry);
        registry
    }

    /// Counts a finished reconcile.
    pub fn reconciled(&self, outcome: Outcome, took: Duration) {
        let result = outcome.as_str();
        self.reconciles
            .get_or_create(&ResultLabels { result })
            .inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Counts a reconcile as running for as long as the guard lives; at most `limit` run at a time.
    pub fn reconciling(&self, limit: u16) -> Running {
        self.running_limit.set(limit.into());
        self.running.inc();
        Running(self.running.clone())
    }

    /// Counts a request to the API server that failed.
    pub fn request_failed(&self, labels: &RequestLabels) {
        self.failures.get_or_create(labels).inc();
    }

    /// Counts a request to the API server.
    pub fn request(&self, labels: &RequestLabels) {
        self.requests.get_or_create(labels).inc();
    }

    /// Number of requests made so far that change something.
    pub fn writes(&self) -> u64 {
        let text = self.encode();
        text.lines()
            .filter(|line| line.starts_with("authbackend_operator_api_requests_total{"))
            .filter(|line| {
                !["\"get\"", "\"list\"", "\"watch\""]
                    .iter()
                    .any(|verb| line.contains(verb))
            })
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    }

    /// Notes that the API server refuses, or does not refuse any longer, to list the AuthBackends of a namespace.
    pub fn set_namespace_refused(&self, refused: bool) {
        if refused {
            self.namespaces_refused.inc();
        } else {
            self.namespaces_refused.dec();
        }
    }

    /// Counts an event that could not be published.
    pub fn event_dropped(&self) {
        self.events_dropped.inc();
    }

    /// Sets the number of objects whose last reconcile failed.
    pub fn set_in_backoff(&self, objects: usize) {
        self.in_backoff
            .set(i64::try_from(objects).unwrap_or(i64::MAX));
    }

    /// Says whether this replica leads.
    pub fn set_leader(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Remembers the state of the object with this `key`; none: it is gone.
    pub fn set_state(&self, key: &str, state: Option<State>) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.set(key, state, &self.objects);
    }

    /// Metrics of which every one has a sample, as a reference of what there is.
    pub fn example() -> Self {
        let metrics = Self::default();
        let labels = RequestLabels {
            resource: "deployments".to_owned(),
            verb: "patch".to_owned(),
        };
        metrics.request(&labels);
        metrics.request_failed(&labels);
        metrics.reconciled(Outcome::Done, Duration::ZERO);
        metrics.set_state("example", Some(State::example()));
        metrics
    }

    /// All metrics in Prometheus' text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a String does not fail; an encoder that does has nothing to show.
            Err(error) => format!("# {error}\n"),
        }
    }
}

/// Counts a reconcile as running for as long as it lives.
#[derive(Debug)]
pub struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(metrics: &Metrics, verb: &str) {
        metrics.request(&RequestLabels {
            resource: "deployments".to_owned(),
            verb: verb.to_owned(),
        });
    }

    #[test]
    fn metrics_carry_the_product_and_the_unit_in_their_names() {
        let metrics = Metrics::default();
        metrics.reconciled(Outcome::Done, Duration::from_millis(7));
        request(&metrics, "patch");
        let text = metrics.encode();
        for line in [
            "authbackend_operator_reconciles_total{result=\"done\"} 1",
            "authbackend_operator_reconcile_duration_seconds_count 1",
            "authbackend_operator_api_requests_total{resource=\"deployments\",verb=\"patch\"} 1",
            "authbackend_operator_leader 0",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} not in\n{text}"
            );
        }
    }

    #[test]
    fn reads_are_not_writes() {
        let metrics = Metrics::default();
        for verb in ["get", "list", "watch", "patch", "create", "delete"] {
            request(&metrics, verb);
        }
        assert_eq!(metrics.writes(), 3);
    }
}
