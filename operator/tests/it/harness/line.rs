//! A line to the API server that can be cut, and the state of a namespace without what differs from run to run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hyper::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use tokio::sync::{Notify, OnceCell};
use tower::BoxError;

/// When the line is cut.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// `n` writes get through; the next one is not sent.
    BeforeWrite(u64),
    /// `n` writes get through; the next one is sent, and its answer is lost.
    AfterWrite(u64),
}

/// A line to the API server.
#[derive(Clone, Default)]
pub struct Line(Arc<State>);

#[derive(Default)]
struct State {
    writes: AtomicU64,
    cut: AtomicBool,
    noticed: Notify,
    when: OnceCell<Cut>,
}

impl Line {
    /// A client at the end of this line.
    pub fn client(&self, inner: Client) -> Client {
        let (line, namespace) = (self.clone(), inner.default_namespace().to_owned());
        let service = tower::service_fn(move |request: Request<Body>| {
            let (line, inner) = (line.clone(), inner.clone());
            async move { line.send(&inner, request).await }
        });
        Client::new(service, namespace)
    }

    /// Cuts it now.
    pub fn cut(&self) {
        self.0.cut.store(true, Ordering::SeqCst);
        self.0.noticed.notify_one();
    }

    /// Cuts it later.
    pub fn cut_at(&self, when: Cut) {
        self.0.when.set(when).expect("said once");
    }

    /// Waits until it is cut.
    pub async fn is_cut(&self) {
        self.0.noticed.notified().await;
    }

    async fn send(
        &self,
        inner: &Client,
        request: Request<Body>,
    ) -> Result<Response<Body>, BoxError> {
        let dead = || BoxError::from("the line is cut");
        if self.0.cut.load(Ordering::SeqCst) {
            return Err(dead());
        }
        if request.method() == Method::GET {
            return Ok(inner.send(request).await?);
        }
        let write = self.0.writes.fetch_add(1, Ordering::SeqCst);
        match self.0.when.get() {
            Some(Cut::BeforeWrite(n)) if write == *n => {
                self.cut();
                Err(dead())
            }
            Some(Cut::AfterWrite(n)) if write == *n => {
                let _lost = inner.send(request).await;
                self.cut();
                Err(dead())
            }
            _ => Ok(inner.send(request).await?),
        }
    }
}
