//! The span of a request, by the conventions for HTTP servers.
//!
//! Neither the path nor the query, no header and no body is in it: the route says which endpoint it was.
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>

use authbackend_otlp::TARGET;
use hyper::{HeaderMap, Method, Request, Response};
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator as _},
    trace::TraceContextExt as _,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::metrics::ErrorLabel;

const PARENT: &str = "traceparent";

/// The span of a request; nothing where traces are not exported.
pub(super) struct Trace(Span);

impl Trace {
    /// Whether requests have one.
    pub(super) fn is_wanted() -> bool {
        tracing::span_enabled!(target: TARGET, tracing::Level::INFO)
    }

    /// Begins it, within the trace that the caller names if it does.
    pub(super) fn begin<B>(request: &Request<B>) -> Self {
        let span = tracing::info_span!(
            target: TARGET,
            "request",
            otel.kind = "server",
            otel.name = Empty,
            otel.status_code = Empty,
            http.request.method = Empty,
            http.route = Empty,
            http.response.status_code = Empty,
            "error.type" = Empty,
            authbackend.error_code = Empty,
        );
        if !span.is_disabled() {
            let method = known(request.method());
            span.record("http.request.method", method);
            span.record("otel.name", if method == OTHER { "HTTP" } else { method });
            let parent = TraceContextPropagator::new().extract(&Parent(request.headers()));
            // Fails only once a span has begun.
            let _ = span.set_parent(parent);
        }
        Self(span)
    }

    /// The span, for what happens within it, if anybody wants to know.
    pub(super) fn span(&self) -> Option<Span> {
        (!self.0.is_disabled()).then(|| self.0.clone())
    }

    /// The trace's identity, as 32 hexadecimal digits.
    pub(super) fn id(&self) -> Option<String> {
        if self.0.is_disabled() {
            return None;
        }
        let context = self.0.context();
        let trace = context.span().span_context().trace_id();
        Some(trace.to_string())
    }

    /// Says what was answered.
    pub(super) fn answered<B>(
        &self,
        method: &Method,
        route: Option<&'static str>,
        response: &Response<B>,
    ) {
        let Self(span) = self;
        if span.is_disabled() {
            return;
        }
        let status = response.status();
        span.record("http.response.status_code", status.as_u16());
        if let Some(route) = route {
            span.record("http.route", route);
            // The field otel.name counts only until a span has begun.
            let name = format!("{} {route}", known(method));
            span.context().span().update_name(name);
        }
        if let Some(ErrorLabel(code)) = response.extensions().get() {
            span.record("authbackend.error_code", code);
        }
        // What a client did wrong is no error of the server.
        if status.is_server_error() {
            span.record("error.type", status.as_str());
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// What the conventions write for a method that is not one of HTTP's own: clients may make up any.
const OTHER: &str = "_OTHER";

fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => OTHER,
    }
}

/// What is taken from the caller: its trace and its span. Not `tracestate` and not `baggage`, which are free text that would
/// be stored.
struct Parent<'a>(&'a HeaderMap);

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = (key == PARENT).then(|| self.0.get(PARENT))??;
        value.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT]
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn parent(name: &'static str, value: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(
            hyper::header::HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )]);
        let context = TraceContextPropagator::new().extract(&Parent(&headers));
        let span = context.span();
        let context = span.span_context();
        let text = format!("{}-{}", context.trace_id(), context.span_id());
        context.is_valid().then_some(text)
    }

    #[test]
    fn the_trace_of_the_caller_is_taken_over() {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let expected = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
        assert_eq!(parent("traceparent", header).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_trace_begins_a_new_one() {
        for value in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
        ] {
            assert_eq!(parent("traceparent", value), None, "{value}");
        }
        assert_eq!(parent("tracestate", "a=b"), None);
    }

    #[test]
    fn methods_that_clients_make_up_are_not_repeated() {
        assert_eq!(known(&Method::POST), "POST");
        assert_eq!(known(&Method::from_bytes(b"SECRET").unwrap()), OTHER);
    }
}
