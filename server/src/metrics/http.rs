//! Requests to the API.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::durations;

/// The template of the route that answered, for example `/sign-in/email`: what logs and metrics show instead of
/// the path, which may contain a token. The dispatcher puts it into the extensions of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchedRoute(pub &'static str);

/// The code of the error that was answered, for example `INVALID_EMAIL_OR_PASSWORD`; in the extensions of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorLabel(pub &'static str);

/// The answer signs somebody in; in the extensions of the response.
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

/// Counters of requests to the API.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabel, Histogram, fn() -> Histogram>,
    errors: Family<ErrorLabels, Counter>,
    sessions: Family<RouteLabel, Counter>,
}

impl HttpMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(durations),
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

    /// Counts one answered request. `status` is the HTTP status code.
    pub fn request(&self, route: MatchedRoute, status: u16, elapsed: Duration) {
        let MatchedRoute(route) = route;
        let status = match status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.requests
            .get_or_create(&RequestLabels { route, status })
            .inc();
        self.latency
            .get_or_create(&RouteLabel { route })
            .observe(elapsed.as_secs_f64());
    }

    /// Counts an answer with an error code.
    pub fn error(&self, MatchedRoute(route): MatchedRoute, ErrorLabel(code): ErrorLabel) {
        self.errors
            .get_or_create(&ErrorLabels { route, code })
            .inc();
    }

    /// Counts a session that was started.
    pub fn session_started(&self, MatchedRoute(route): MatchedRoute) {
        self.sessions.get_or_create(&RouteLabel { route }).inc();
    }
}
