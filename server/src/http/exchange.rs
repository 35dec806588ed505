//! A request on its way through warp.
//!
//! Warp's filters for the parts of a request copy what they extract, each header among it. So the whole request is one
//! extension, which the one filter extracts, and nothing of it is copied.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use warp::http::Request;

use crate::metrics::RouteMetrics;

/// A request whose body has yet to be read, and which route answers it. Clones share both.
#[derive(Clone)]
pub struct Exchange(Arc<Inner>);

struct Inner {
    request: Mutex<Option<Request<Incoming>>>,
    route: OnceLock<RouteMetrics>,
}

impl Exchange {
    /// `request`, which nobody answers yet.
    pub fn new(request: Request<Incoming>) -> Self {
        Self(Arc::new(Inner {
            request: Mutex::new(Some(request)),
            route: OnceLock::new(),
        }))
    }

    /// What warp is given: a request with nothing in it but this.
    pub fn carrier(&self) -> Request<Empty<Bytes>> {
        let mut carrier = Request::new(Empty::new());
        carrier.extensions_mut().insert(self.clone());
        carrier
    }

    /// The request, for whoever answers it; none the second time.
    pub fn take(&self) -> Option<Request<Incoming>> {
        let mut request = self
            .0
            .request
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        request.take()
    }

    /// Notes which route answers.
    pub fn matched(&self, route: &RouteMetrics) {
        // Each request is answered by one route.
        let _ = self.0.route.set(route.clone());
    }

    /// Which route answers, once that is known.
    pub fn route(&self) -> Option<&RouteMetrics> {
        self.0.route.get()
    }
}
