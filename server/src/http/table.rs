//! The routing table.

use std::{collections::HashMap, pin::Pin};

use warp::{http::Method, reply::Response};

use super::{call::Call, content_type::Accepts};

/// The future of a response.
pub type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method; any other is not found.
    pub method: Method,
    /// The path below the mount.
    pub path: &'static str,
    /// The bodies that it reads.
    pub accepts: Accepts,
    /// Whether nobody may keep a copy of its answers.
    pub is_never_stored: bool,
    /// Answers a request.
    pub call: fn(Call) -> Answer,
}

impl Route {
    /// An endpoint that reads JSON. Written with [`route!`](crate::route).
    pub const fn new(method: Method, path: &'static str, call: fn(Call) -> Answer) -> Self {
        Self {
            method,
            path,
            accepts: Accepts::Json,
            is_never_stored: false,
            call,
        }
    }

    /// The same endpoint, with other bodies.
    #[must_use]
    pub const fn accepting(mut self, accepts: Accepts) -> Self {
        self.accepts = accepts;
        self
    }

    /// The same endpoint, whose answers nobody may keep.
    #[must_use]
    pub const fn never_stored(mut self) -> Self {
        self.is_never_stored = true;
        self
    }
}

/// `route!(POST "/sign-in/email" => email)`: an endpoint and the async function that answers it.
#[macro_export]
macro_rules! route {
    ($method:ident $path:literal => $handler:path) => {
        $crate::http::table::Route::new(::warp::http::Method::$method, $path, |call| {
            ::std::boxed::Box::pin($crate::http::handler::Handler::run($handler, call))
        })
    };
}

/// Every endpoint by its path.
pub struct Table(HashMap<&'static str, Vec<&'static Route>>);

impl Table {
    /// The endpoints of several features.
    pub fn new(features: &[&'static [Route]]) -> Self {
        let mut table: HashMap<_, Vec<_>> = HashMap::new();
        for route in features.iter().copied().flatten() {
            table.entry(route.path).or_default().push(route);
        }
        Self(table)
    }

    /// The endpoint for a method and a path.
    pub fn find(&self, method: &Method, path: &str) -> Option<&'static Route> {
        self.0
            .get(path)?
            .iter()
            .find(|route| route.method == *method)
            .copied()
    }
}
