//! Requests to the API.

use std::{
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::{Registry, Unit},
};

use super::Durations;
use crate::striped::Striped;

/// The code of the error that was answered, for example `INVALID_EMAIL_OR_PASSWORD`; in the extensions of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorLabel(pub &'static str);

/// A session was opened for the request; in the extensions of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStarted;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ErrorLabels {
    route: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

type Requests = Counter<u64, Striped<AtomicU64>>;

/// Counters of requests to the API.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Requests>,
    latency: Family<RouteLabel, Durations>,
    errors: Family<ErrorLabels, Counter>,
    sessions: Family<RouteLabel, Counter>,
}

impl HttpMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            latency: Family::default(),
            errors: Family::default(),
            sessions: Family::default(),
        };
        registry.register(
            "http_requests",
            "Requests by route and status class",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer",
            Unit::Seconds,
            metrics.latency.clone(),
        );
        registry.register(
            "http_errors",
            "Answers with an error code, by route and code: failed sign-ins by their cause, among others",
            metrics.errors.clone(),
        );
        registry.register(
            "sessions_started",
            "Sessions that were started, by the route that did: successful sign-ins and sign-ups",
            metrics.sessions.clone(),
        );
        metrics
    }

    /// What counts the requests that `route` answers: the template of its path, for example `/sign-in/email`, which logs
    /// and metrics show instead of the path, which may contain a token.
    pub fn route(&self, route: &'static str) -> RouteMetrics {
        RouteMetrics(Arc::new(Counted {
            route,
            metrics: self.clone(),
            answers: Default::default(),
            latency: OnceLock::new(),
        }))
    }
}

/// Counts the requests that one route answers. Clones share the counters, which are looked up once: each look takes two
/// locks that all requests share. There is no sample before the first request.
#[derive(Clone)]
pub struct RouteMetrics(Arc<Counted>);

struct Counted {
    route: &'static str,
    metrics: HttpMetrics,
    /// By status class.
    answers: [OnceLock<Requests>; CLASSES.len()],
    latency: OnceLock<Durations>,
}

/// Classes of HTTP status codes.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl RouteMetrics {
    /// The template of the route's path.
    pub fn route(&self) -> &'static str {
        self.0.route
    }

    /// Counts one answered request. `status` is the HTTP status code.
    pub fn request(&self, status: u16, elapsed: Duration) {
        let Counted {
            route,
            metrics,
            answers,
            latency,
        } = &*self.0;
        let last = CLASSES.len() - 1;
        let class = usize::from(status / 100).saturating_sub(1).min(last);
        if let (Some(counter), Some(status)) = (answers.get(class), CLASSES.get(class)) {
            let labels = RequestLabels { route, status };
            let counter = counter.get_or_init(|| metrics.requests.get_or_create_owned(&labels));
            counter.inc();
        }
        let labels = RouteLabel { route };
        let latency = latency.get_or_init(|| metrics.latency.get_or_create_owned(&labels));
        latency.observe(elapsed);
    }

    /// Counts an answer with an error code.
    pub fn error(&self, ErrorLabel(code): ErrorLabel) {
        let Counted { route, metrics, .. } = &*self.0;
        let labels = ErrorLabels { route, code };
        metrics.errors.get_or_create(&labels).inc();
    }

    /// Counts a session that was started.
    pub fn session_started(&self) {
        let Counted { route, metrics, .. } = &*self.0;
        metrics.sessions.get_or_create(&RouteLabel { route }).inc();
    }
}
