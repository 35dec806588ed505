//! The span of a call, by the conventions for HTTP clients.
//!
//! Of the URL only the host is in it: a path may be a secret of its own, as that of a webhook often is. The trace is not handed
//! on: other services need not know which of our requests belong together.

use authbackend_otlp::TARGET;
use hyper::{Method, Uri, http::StatusCode};
use tracing::{Span, field::Empty};

/// Begins a call; nothing where traces are not exported.
pub(super) fn begin(method: &Method, uri: &Uri) -> Span {
    tracing::info_span!(
        target: TARGET,
        "call",
        otel.kind = "client",
        otel.name = method.as_str(),
        otel.status_code = Empty,
        http.request.method = method.as_str(),
        http.response.status_code = Empty,
        server.address = uri.host(),
        server.port = uri.port_u16(),
        "error.type" = Empty,
    )
}

/// Says what was answered, if anything was.
pub(super) fn end(span: &Span, status: Option<StatusCode>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    let kind = match &status {
        Some(status) if status.as_u16() < 400 => return,
        Some(status) => status.as_str(),
        None => "no_answer",
    };
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}
