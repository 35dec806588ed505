//! What surrounds each request to the API: identity, limits, log, metrics.

use std::{
    convert::Infallible, error::Error, panic::AssertUnwindSafe, pin::pin, task::Poll,
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt as _, poll};
use http_body_util::Empty;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    body::{Body, Incoming},
    header::{self, HeaderName, HeaderValue},
};
use tokio::time::{Instant, timeout};
use tower_service::Service;
use tracing::Instrument as _;

use super::{Answer, trace::Trace};
use crate::{
    draining::Draining,
    http::{cors::Cors, exchange::Exchange},
    metrics::{ErrorLabel, HttpMetrics, RouteMetrics, SessionStarted},
    telemetry::{LoggedRequest, RequestId, RequestIds},
};

/// From the head of a request to its answer, waiting for a hash and a connection included.
const DEADLINE: Duration = Duration::from_secs(30);

/// Shown for a path that is no route.
const UNMATCHED: &str = "unmatched";

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A short way to some answers.
pub trait Shortcut<Answer>: Send + Sync + 'static {
    /// The answer to a request without a body, if it is to be had without waiting: the one that the service would give.
    fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Answer>;

    /// What counts these answers.
    fn metrics(&self) -> &RouteMetrics;
}

/// The API behind its limits.
pub struct Api<S, K> {
    service: S,
    shortcut: Option<K>,
    /// Counts what no route answers.
    unmatched: RouteMetrics,
    ids: RequestIds,
    draining: Draining,
    cors: Cors,
}

impl<S, K> Api<S, K> {
    /// Puts `service`, to which there may be a `shortcut`, behind the limits, and lets pages read the answers as `cors`
    /// says. Once `draining` has begun, answers ask clients to connect anew, which takes them to another replica before
    /// this one stops.
    pub fn new(
        service: S,
        shortcut: Option<K>,
        cors: Cors,
        metrics: &HttpMetrics,
        ids: RequestIds,
        draining: Draining,
    ) -> Self {
        Self {
            service,
            shortcut,
            unmatched: metrics.route(UNMATCHED),
            ids,
            draining,
            cors,
        }
    }
}

impl<S, K, B> Answer for Api<S, K>
where
    K: Shortcut<Response<B>>,
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + From<&'static str> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = B;

    /// By the shortcut. What is to be logged or traced goes the long way.
    fn answer_at_once(&self, request: &Request<Incoming>, came: Instant) -> Option<Response<B>> {
        let shortcut = self.shortcut.as_ref()?;
        let is_told = Trace::is_wanted() || tracing::enabled!(tracing::Level::DEBUG);
        if is_told || !request.body().is_end_stream() {
            return None;
        }
        let headers = request.headers();
        let response = shortcut.answer(request.method(), request.uri(), headers)?;
        count(shortcut.metrics(), &response, came.elapsed());
        let id = self.ids.identify(headers.get(&REQUEST_ID));
        Some(self.with_headers(response, &id, self.cors.origin(headers)))
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<B> {
        let started = Instant::now();
        let id = self.ids.identify(request.headers().get(&REQUEST_ID));
        let origin = self.cors.origin(request.headers());
        let trace = Trace::begin(&request);
        let method = request.method().clone();
        let logged = LoggedRequest {
            id: id.clone(),
            method: method.clone(),
            trace_id: trace.id(),
        };
        // Pinned here and below, so that no wrapper moves it: it is some kilobytes large.
        let answered = pin!(async {
            let (response, exchange) = self.within_limits(request).await;
            let route = exchange.as_ref().and_then(Exchange::route);
            trace.answered(&method, route.map(RouteMetrics::route), &response);
            let route = route.unwrap_or(&self.unmatched);
            let elapsed = started.elapsed();
            count(route, &response, elapsed);
            log(&method, route.route(), response.status(), elapsed);
            self.with_headers(response, &id, origin)
        });
        let answered = logged.scope(answered);
        match trace.span() {
            Some(span) => answered.instrument(span).await,
            None => answered.await,
        }
    }
}

impl<S, K> Api<S, K> {
    fn with_headers<B>(
        &self,
        mut response: Response<B>,
        id: &RequestId,
        origin: Option<HeaderValue>,
    ) -> Response<B> {
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID.clone(), id.to_header());
        if self.draining.has_begun() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(origin) = origin {
            Cors::permit(headers, origin);
        }
        response
    }
}

impl<S, K, B> Api<S, K>
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible> + Clone,
    B: From<&'static str>,
{
    /// The answer, and what is known of how it came about.
    async fn within_limits(&self, request: Request<Incoming>) -> (Response<B>, Option<Exchange>) {
        let answer = pin!(self.call(request));
        let mut answer = AssertUnwindSafe(answer).catch_unwind();
        // What is answered without waiting for anything needs no timer.
        let answered = match poll!(&mut answer) {
            Poll::Ready(answered) => Ok(answered),
            Poll::Pending => timeout(DEADLINE, answer).await,
        };
        match answered {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => {
                tracing::error!("a handler panicked");
                (empty(StatusCode::INTERNAL_SERVER_ERROR), None)
            }
            Err(_) => {
                tracing::error!(
                    limit_seconds = DEADLINE.as_secs(),
                    "the request took too long"
                );
                (empty(StatusCode::SERVICE_UNAVAILABLE), None)
            }
        }
    }

    async fn call(&self, request: Request<Incoming>) -> (Response<B>, Option<Exchange>) {
        let exchange = Exchange::new(request);
        let mut service = self.service.clone();
        match service.call(exchange.carrier()).await {
            Ok(response) => (response, Some(exchange)),
            Err(impossible) => match impossible {},
        }
    }
}

fn count<B>(route: &RouteMetrics, response: &Response<B>, elapsed: Duration) {
    route.request(response.status().as_u16(), elapsed);
    if let Some(code) = response.extensions().get::<ErrorLabel>() {
        route.error(*code);
    }
    if response.extensions().get::<SessionStarted>().is_some() {
        route.session_started();
    }
}

fn empty<B: From<&'static str>>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::from(""));
    *response.status_mut() = status;
    response
}

/// The route instead of the path, and no query: both may contain tokens. Reads are many and change nothing.
fn log(method: &Method, route: &'static str, status: StatusCode, elapsed: Duration) {
    let (status, milliseconds) = (status.as_u16(), elapsed.as_secs_f64() * 1000.0);
    if status >= 500 {
        tracing::error!(route, status, milliseconds, "request failed");
    } else if method.is_safe() {
        tracing::debug!(route, status, milliseconds, "request");
    } else {
        tracing::info!(route, status, milliseconds, "request");
    }
}
