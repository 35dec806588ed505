//! The span of a request to the API server. The path names the object; no header and no body is in it.

use authbackend_otlp::TARGET;
use hyper::{Request, StatusCode};
use tracing::Span;
use tracing::field::Empty;

use crate::metrics::RequestLabels;

/// Begins a request; nothing where traces are not exported. A watch is none: it lasts for minutes, and belongs to no
/// reconcile.
pub(super) fn begin<B>(labels: &RequestLabels, request: &Request<B>) -> Span {
    if labels.verb == "watch" {
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET,
        "api request",
        otel.kind = "client",
        otel.name = %format_args!("{} {}", labels.verb, labels.resource),
        otel.status_code = Empty,
        http.request.method = request.method().as_str(),
        http.response.status_code = Empty,
        url.path = request.uri().path(),
        "error.type" = Empty,
    )
}

/// Says what was answered, if anything was. An object that is looked for may be absent.
pub(super) fn end(span: &Span, status: Option<StatusCode>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    let kind = match &status {
        Some(status) if status.is_success() || *status == StatusCode::NOT_FOUND => return,
        Some(status) => status.as_str(),
        None => "no_answer",
    };
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}
