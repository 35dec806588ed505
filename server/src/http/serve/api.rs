//! What surrounds each request to the API: identity, limits, log, metrics.

use std::{convert::Infallible, error::Error, panic::AssertUnwindSafe, pin::pin, time::Duration};

use bytes::Bytes;
use futures::FutureExt as _;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{self, HeaderName, HeaderValue},
};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tower_service::Service;
use tracing::Instrument as _;

use super::{Answer, RequestIds, request_id::RequestId, trace::Trace};
use crate::{
    http::cors::Cors,
    metrics::{ErrorLabel, HttpMetrics, MatchedRoute, SessionStarted},
    telemetry::LoggedRequest,
};

/// No body of the API comes near this many bytes.
const MAX_BODY_SIZE: usize = 1024 * 1024;

/// From the head of a request to its answer, waiting for a hash and a connection included.
const DEADLINE: Duration = Duration::from_secs(30);

/// Shown for a path that is no route.
const UNMATCHED: MatchedRoute = MatchedRoute("unmatched");

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The API behind its limits.
pub struct Api<S> {
    service: S,
    metrics: HttpMetrics,
    ids: RequestIds,
    draining: CancellationToken,
    cors: Cors,
}

impl<S> Api<S> {
    /// Puts `service` behind the limits, and lets pages read its answers as `cors` says. While `draining` is cancelled, answers ask clients to connect anew, which
    /// takes them to another replica before this one stops.
    pub fn new(
        service: S,
        cors: Cors,
        metrics: HttpMetrics,
        ids: RequestIds,
        draining: CancellationToken,
    ) -> Self {
        Self {
            service,
            metrics,
            ids,
            draining,
            cors,
        }
    }
}

impl<S, B> Answer for Api<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + From<&'static str> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = B;

    async fn answer(&self, request: Request<Incoming>) -> Response<B> {
        let started = Instant::now();
        let id = self.ids.identify(request.headers().get(&REQUEST_ID));
        let method = request.method().clone();
        let origin = self.cors.origin(request.headers());
        let trace = Trace::begin(&request);
        let logged = LoggedRequest {
            id: id.to_header(),
            method: method.clone(),
            trace_id: trace.id(),
        };
        // Pinned here and below, so that no wrapper moves it: it is some kilobytes large.
        let answered = pin!(async {
            let mut response = self.within_limits(request).await;
            let route = response.extensions().get().copied().unwrap_or(UNMATCHED);
            let elapsed = started.elapsed();
            self.count(route, &response, elapsed);
            log(&method, route, response.status(), elapsed);
            trace.answered(&method, &response);
            self.add_headers(&mut response, &id);
            if let Some(origin) = origin {
                Cors::permit(response.headers_mut(), origin);
            }
            response
        });
        let answered = logged.scope(answered);
        match trace.span() {
            Some(span) => answered.instrument(span).await,
            None => answered.await,
        }
    }
}

impl<S, B> Api<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible> + Clone,
    B: From<&'static str>,
{
    async fn within_limits(&self, request: Request<Incoming>) -> Response<B> {
        let answer = pin!(self.read_and_call(request));
        let answer = AssertUnwindSafe(answer).catch_unwind();
        match timeout(DEADLINE, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => {
                tracing::error!("a handler panicked");
                empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Err(_) => {
                tracing::error!(
                    limit_seconds = DEADLINE.as_secs(),
                    "the request took too long"
                );
                empty(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }

    async fn read_and_call(&self, request: Request<Incoming>) -> Response<B> {
        let (head, body) = request.into_parts();
        let body = match read(body).await {
            Ok(body) => body,
            Err(status) => return empty(status),
        };
        let mut service = self.service.clone();
        match service
            .call(Request::from_parts(head, Full::new(body)))
            .await
        {
            Ok(response) => response,
            Err(impossible) => match impossible {},
        }
    }

    fn count(&self, route: MatchedRoute, response: &Response<B>, elapsed: Duration) {
        let status = response.status().as_u16();
        self.metrics.request(route, status, elapsed);
        if let Some(code) = response.extensions().get::<ErrorLabel>() {
            self.metrics.error(route, *code);
        }
        if response.extensions().get::<SessionStarted>().is_some() {
            self.metrics.session_started(route);
        }
    }

    fn add_headers(&self, response: &mut Response<B>, id: &RequestId) {
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID.clone(), id.to_header());
        if self.draining.is_cancelled() {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// The whole body, unless it is too large or the client leaves.
async fn read(body: Incoming) -> Result<Bytes, StatusCode> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > MAX_BODY_SIZE as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match Limited::new(body, MAX_BODY_SIZE).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

fn empty<B: From<&'static str>>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::from(""));
    *response.status_mut() = status;
    response
}

/// The route instead of the path, and no query: both may contain tokens. Reads are many and change nothing.
fn log(method: &Method, route: MatchedRoute, status: StatusCode, elapsed: Duration) {
    let MatchedRoute(route) = route;
    let (status, milliseconds) = (status.as_u16(), elapsed.as_secs_f64() * 1000.0);
    if status >= 500 {
        tracing::error!(route, status, milliseconds, "request failed");
    } else if method.is_safe() {
        tracing::debug!(route, status, milliseconds, "request");
    } else {
        tracing::info!(route, status, milliseconds, "request");
    }
}
