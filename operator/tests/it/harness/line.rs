//! A line to the API server that fails as it is told, at writes that are counted from 0. What keeps the lease is no such
//! write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hyper::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::json;
use tokio::sync::{Notify, OnceCell};
use tower::BoxError;

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// `n` writes get through; the next one is not sent, and nothing after it.
    CutBefore(u64),
    /// `n` writes get through; the next one is sent, its answer is lost, and nothing is sent after it.
    CutAfter(u64),
    /// `n` writes get through; the next one waits for [`Line::resume`].
    HoldBefore(u64),
    /// Every third write from `first` on fails, each in another way of [`Fault::ALL`] than the one before; `kind` is that
    /// of the first one.
    Faults {
        /// Number of the first write that fails.
        first: u64,
        /// Place of its fault.
        kind: u64,
    },
}

/// How one write fails.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The server answers with this status, and does nothing.
    Answer(u16),
    /// It does not get there.
    Lost,
    /// It gets there, and the answer does not come back.
    AnswerLost,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Answer(409),
        Self::Lost,
        Self::Answer(429),
        Self::AnswerLost,
        Self::Answer(500),
        Self::Answer(503),
    ];

    /// Distance of two writes that fail.
    pub const STRIDE: u64 = 3;
}

/// A line to the API server.
#[derive(Clone, Default)]
pub struct Line(Arc<State>);

#[derive(Default)]
struct State {
    asked: AtomicU64,
    sent: AtomicU64,
    cut: AtomicBool,
    noticed: Notify,
    resumed: Notify,
    trouble: OnceCell<Trouble>,
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

    /// Says what will go wrong.
    pub fn expect(&self, trouble: Trouble) {
        self.0.trouble.set(trouble).expect("said once");
    }

    /// Waits until it is cut, or until a write is held.
    pub async fn has_trouble(&self) {
        self.0.noticed.notified().await;
    }

    /// Lets the write that is held go on.
    pub fn resume(&self) {
        self.0.resumed.notify_one();
    }

    /// Writes that were sent.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::SeqCst)
    }

    async fn send(
        &self,
        inner: &Client,
        request: Request<Body>,
    ) -> Result<Response<Body>, BoxError> {
        if self.0.cut.load(Ordering::SeqCst) {
            return Err(lost());
        }
        let keeps_lease = request.uri().path().contains("/leases");
        if request.method() == Method::GET || keeps_lease {
            return Ok(inner.send(request).await?);
        }
        let write = self.0.asked.fetch_add(1, Ordering::SeqCst);
        match self.0.trouble.get().copied() {
            Some(Trouble::CutBefore(n)) if write == n => {
                self.cut();
                Err(lost())
            }
            Some(Trouble::CutAfter(n)) if write == n => {
                let _lost = self.pass(inner, request).await;
                self.cut();
                Err(lost())
            }
            Some(Trouble::HoldBefore(n)) if write == n => {
                self.0.noticed.notify_one();
                self.0.resumed.notified().await;
                self.pass(inner, request).await
            }
            Some(Trouble::Faults { first, kind })
                if write >= first && (write - first).is_multiple_of(Fault::STRIDE) =>
            {
                let place = (write - first) / Fault::STRIDE + kind;
                let place = usize::try_from(place).unwrap() % Fault::ALL.len();
                self.fail(Fault::ALL[place], inner, request).await
            }
            _ => self.pass(inner, request).await,
        }
    }

    async fn pass(
        &self,
        inner: &Client,
        request: Request<Body>,
    ) -> Result<Response<Body>, BoxError> {
        self.0.sent.fetch_add(1, Ordering::SeqCst);
        Ok(inner.send(request).await?)
    }

    async fn fail(
        &self,
        fault: Fault,
        inner: &Client,
        request: Request<Body>,
    ) -> Result<Response<Body>, BoxError> {
        match fault {
            Fault::Answer(code) => Ok(answer(code)?),
            Fault::Lost => Err(lost()),
            Fault::AnswerLost => {
                let _lost = self.pass(inner, request).await;
                Err(lost())
            }
        }
    }
}

fn lost() -> BoxError {
    BoxError::from("the line is cut")
}

/// An answer as the API server gives it.
fn answer(code: u16) -> Result<Response<Body>, hyper::http::Error> {
    let reason = match code {
        409 => "Conflict",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    };
    let status = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason,
        "message": "this one fails", "details": {"retryAfterSeconds": 1},
    });
    let mut answer = Response::builder()
        .status(code)
        .header("content-type", "application/json");
    if code == 429 {
        answer = answer.header("retry-after", "1");
    }
    answer.body(Body::from(status.to_string().into_bytes()))
}
