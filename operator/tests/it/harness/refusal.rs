//! An API server that refuses writes of one kind, as quotas and admission do: each time with another text.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hyper::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::json;
use tower::BoxError;

/// Refuses until it ends.
#[derive(Clone, Default)]
pub struct Refusal(Arc<State>);

#[derive(Default)]
struct State {
    ended: AtomicBool,
    count: AtomicU64,
}

impl Refusal {
    /// A client whose writes are refused where their path has `part`.
    pub fn client(&self, inner: Client, part: &'static str) -> Client {
        let (refusal, namespace) = (self.clone(), inner.default_namespace().to_owned());
        let service = tower::service_fn(move |request: Request<Body>| {
            let (refusal, inner) = (refusal.clone(), inner.clone());
            async move {
                let is_write = request.method() != Method::GET;
                if is_write && request.uri().path().contains(part) && !refusal.has_ended() {
                    return Ok(refusal.answer()?);
                }
                Ok::<_, BoxError>(inner.send(request).await?)
            }
        });
        Client::new(service, namespace)
    }

    /// From now on everything is accepted.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::SeqCst);
    }

    fn has_ended(&self) -> bool {
        self.0.ended.load(Ordering::SeqCst)
    }

    fn answer(&self) -> Result<Response<Body>, hyper::http::Error> {
        let used = self.0.count.fetch_add(1, Ordering::SeqCst);
        let status = json!({
            "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
            "message": format!("exceeded quota, used: {used}"),
        });
        Response::builder()
            .status(403)
            .header("content-type", "application/json")
            .body(Body::from(status.to_string().into_bytes()))
    }
}
