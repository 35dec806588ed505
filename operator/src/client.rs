//! The client of the API server that everything but the lease uses: counts requests and refuses writes of a
//! process that is not, or no longer, the leader.

mod trace;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::{Method, Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use tokio::sync::Semaphore;
use tower::BoxError;
use tracing::Instrument as _;

use crate::fence::Fence;
use crate::metrics::{Metrics, RequestLabels};

/// Longest a write may take, retries of the client library included. Together with the renew deadline it stays
/// within the lease duration (see [`crate::lease`]), so that a write that was started by a leader does not end
/// long after another process took over.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Requests under way at once, watches apart. Each has a connection of its own, which takes memory on both sides.
const REQUESTS: usize = 32;

/// A write was not sent, because this process is not the leader.
#[derive(Debug, thiserror::Error)]
#[error("not the leader any more: the write was not sent")]
pub struct NotLeader;

/// A write took longer than [`WRITE_TIMEOUT`].
#[derive(Debug, thiserror::Error)]
#[error("the API server did not answer a write within {} s", WRITE_TIMEOUT.as_secs())]
pub struct WriteTimedOut;

/// Wraps `inner`.
pub fn guarded(inner: Client, fence: Fence, metrics: Metrics) -> Client {
    let namespace = inner.default_namespace().to_owned();
    let turns = Arc::new(Semaphore::new(REQUESTS));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (inner, fence, metrics) = (inner.clone(), fence.clone(), metrics.clone());
        let turns = Arc::clone(&turns);
        async move { send(&inner, &fence, &metrics, &turns, request).await }
    });
    Client::new(service, namespace)
}

async fn send(
    inner: &Client,
    fence: &Fence,
    metrics: &Metrics,
    turns: &Semaphore,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let labels = labels(
        request.method(),
        request.uri().path(),
        request.uri().query(),
    );
    // A watch would keep its turn for ever. The fence is asked after the wait, right before a write.
    let _turn = if labels.verb == "watch" {
        None
    } else {
        Some(turns.acquire().await?)
    };
    let span = trace::begin(&labels, &request);
    let answer = send_counted(inner, fence, metrics, request, labels);
    let answer = answer.instrument(span.clone()).await;
    trace::end(&span, answer.as_ref().ok().map(Response::status));
    answer
}

async fn send_counted(
    inner: &Client,
    fence: &Fence,
    metrics: &Metrics,
    request: Request<Body>,
    labels: RequestLabels,
) -> Result<Response<Body>, BoxError> {
    let writes = request.method() != Method::GET;
    if writes && !fence.allows(Instant::now()) {
        return Err(NotLeader.into());
    }
    metrics.request(&labels);
    if writes {
        tracing::debug!(
            verb = labels.verb,
            resource = labels.resource,
            path = request.uri().path(),
            "write"
        );
    }
    let answer = if writes {
        match tokio::time::timeout(WRITE_TIMEOUT, inner.send(request)).await {
            Ok(answer) => answer.map_err(BoxError::from),
            Err(_elapsed) => Err(WriteTimedOut.into()),
        }
    } else {
        inner.send(request).await.map_err(BoxError::from)
    };
    if !answer
        .as_ref()
        .is_ok_and(|answer| is_expected(answer, writes))
    {
        metrics.request_failed(&labels);
    }
    answer
}

/// Whether an answer tells of nothing wrong: an object that is looked for may be absent.
fn is_expected(answer: &Response<Body>, writes: bool) -> bool {
    answer.status().is_success() || (!writes && answer.status() == StatusCode::NOT_FOUND)
}

/// What a request does, in the API's own words: a verb and a resource with its subresource.
fn labels(method: &Method, path: &str, query: Option<&str>) -> RequestLabels {
    // /api/v1/… or /apis/<group>/<version>/…, then optionally namespaces/<namespace>, then the resource.
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    if segments.next() == Some("apis") {
        segments.next();
    }
    segments.next();
    let mut rest: Vec<&str> = segments.collect();
    if rest.len() > 2 && rest[0] == "namespaces" {
        rest.drain(..2);
    }
    let resource = match rest.as_slice() {
        [] => "other".to_owned(),
        [resource] | [resource, _] => (*resource).to_owned(),
        [resource, _, subresource, ..] => format!("{resource}/{subresource}"),
    };
    let watches = query.is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"));
    let verb = match (method, rest.len()) {
        (&Method::GET, _) if watches => "watch",
        (&Method::GET, 1) => "list",
        (&Method::GET, _) => "get",
        (&Method::POST, _) => "create",
        (&Method::PATCH, _) => "patch",
        (&Method::PUT, _) => "update",
        (&Method::DELETE, _) => "delete",
        _ => "other",
    };
    RequestLabels {
        resource,
        verb: verb.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(method: &Method, path: &str, query: Option<&str>) -> String {
        let labels = labels(method, path, query);
        format!("{} {}", labels.verb, labels.resource)
    }

    #[test]
    fn requests_are_named_by_verb_and_resource() {
        let table = [
            (
                Method::GET,
                "/api/v1/namespaces/a/secrets/b",
                None,
                "get secrets",
            ),
            (
                Method::GET,
                "/api/v1/secrets",
                Some("limit=500"),
                "list secrets",
            ),
            (
                Method::GET,
                "/api/v1/secrets",
                Some("a=b&watch=true"),
                "watch secrets",
            ),
            (
                Method::GET,
                "/apis/apps/v1/namespaces/a/deployments",
                None,
                "list deployments",
            ),
            (
                Method::PATCH,
                "/apis/apps/v1/namespaces/a/deployments/b",
                None,
                "patch deployments",
            ),
            (
                Method::POST,
                "/api/v1/namespaces/a/secrets",
                None,
                "create secrets",
            ),
            (
                Method::DELETE,
                "/api/v1/namespaces/a/services/b",
                None,
                "delete services",
            ),
            (
                Method::PATCH,
                "/apis/authbackend.dev/v1alpha1/namespaces/a/authbackends/b/status",
                None,
                "patch authbackends/status",
            ),
            (Method::GET, "/api/v1/namespaces/a", None, "get namespaces"),
        ];
        for (method, path, query, expected) in table {
            assert_eq!(name(&method, path, query), expected, "{path}");
        }
    }
}
