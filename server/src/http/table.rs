//! The routing table.

use std::{borrow::Cow, collections::HashMap, pin::Pin};

use warp::{http::Method, reply::Response};

use super::{
    body,
    call::Call,
    content_type::Accepts,
    error::ErrorCode,
    openapi::Operation,
    schema::{Field, Schema},
};
use crate::{
    app::App,
    metrics::{HttpMetrics, RouteMetrics},
    plugins,
};

/// The future of a response.
pub type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method; any other is not found.
    pub method: Method,
    /// The path below the mount. One segment of it may be a parameter: `/callback/:id`.
    pub path: &'static str,
    /// The bodies that it reads.
    pub accepts: Accepts,
    /// The bytes of a body that it reads at most.
    pub max_body: usize,
    /// Whether nobody may keep a copy of its answers.
    pub is_never_stored: bool,
    /// The errors that it answers itself, besides those of its extractors.
    pub errors: &'static [&'static ErrorCode],
    /// What it does, in one line.
    pub summary: &'static str,
    /// Fields of the query that it reads without checking them.
    pub query: Option<Schema>,
    /// Answers a request.
    pub call: fn(Call) -> Answer,
    /// Says what it reads and how it answers.
    pub describe: fn(&mut Operation),
    /// Says how it answers where its handler's type does not.
    pub answer: Option<fn(&mut Operation)>,
}

impl Route {
    /// An endpoint that reads JSON. Written with [`route!`](crate::route).
    pub const fn new(
        method: Method,
        path: &'static str,
        call: fn(Call) -> Answer,
        describe: fn(&mut Operation),
    ) -> Self {
        Self {
            method,
            path,
            accepts: Accepts::Json,
            max_body: body::USUAL,
            is_never_stored: false,
            errors: &[],
            summary: "",
            query: None,
            call,
            describe,
            answer: None,
        }
    }

    /// The same endpoint, with other bodies.
    #[must_use]
    pub const fn accepting(mut self, accepts: Accepts) -> Self {
        self.accepts = accepts;
        self
    }

    /// The same endpoint, which reads large bodies: those in which pictures may be, or what the settings have added.
    #[must_use]
    pub const fn reading_large_bodies(mut self) -> Self {
        self.max_body = body::LARGE;
        self
    }

    /// The same endpoint, with what it does in one line.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The same endpoint, which reads these fields of a query without checking them.
    #[must_use]
    pub const fn query(mut self, fields: &'static [Field]) -> Self {
        self.query = Some(Schema::object(fields));
        self
    }

    /// The same endpoint, whose handler makes its response by hand.
    #[must_use]
    pub const fn answering(mut self, answer: fn(&mut Operation)) -> Self {
        self.answer = Some(answer);
        self
    }

    /// The same endpoint, which can fail with these errors.
    #[must_use]
    pub const fn fails(mut self, errors: &'static [&'static ErrorCode]) -> Self {
        self.errors = errors;
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
        $crate::http::table::Route::new(
            ::warp::http::Method::$method,
            $path,
            |call| ::std::boxed::Box::pin($crate::http::handler::Handler::run($handler, call)),
            |operation| $crate::http::handler::Handler::describe($handler, operation),
        )
    };
}

/// Every endpoint by its path.
#[derive(Default)]
pub struct Table {
    exact: HashMap<Cow<'static, str>, Vec<Entry>>,
    /// Endpoints with a parameter: what is before it, what is behind it. Few, so that they are tried one by one.
    with_parameter: Vec<(&'static str, &'static str, Entry)>,
}

struct Entry {
    route: &'static Route,
    metrics: RouteMetrics,
}

/// An endpoint that was found, and the parameter in the path.
#[derive(Clone, Copy)]
pub struct Match<'a> {
    /// The endpoint.
    pub route: &'static Route,
    /// What counts its requests.
    pub metrics: &'a RouteMetrics,
    /// The parameter, as it is in the path.
    pub parameter: Option<&'a str>,
}

impl Table {
    /// The endpoints that the settings of `app` ask for, counted by `metrics`.
    pub fn of(app: &App, metrics: &HttpMetrics) -> Self {
        let settings = &app.config.settings;
        Self::new(
            plugins::routes(settings),
            &app.plugins.moved(settings),
            metrics,
        )
    }

    /// The endpoints of several features, counted by `metrics`. Those without a parameter whose path is in `moved` have the
    /// path that is given there.
    pub fn new(
        features: impl IntoIterator<Item = &'static [Route]>,
        moved: &HashMap<&'static str, String>,
        metrics: &HttpMetrics,
    ) -> Self {
        let mut table = Self::default();
        for route in features.into_iter().flatten() {
            let entry = Entry {
                route,
                metrics: metrics.route(route.path),
            };
            if let Some((before, after)) = split_at_parameter(route.path) {
                table.with_parameter.push((before, after, entry));
            } else {
                let path = moved
                    .get(route.path)
                    .map_or(Cow::Borrowed(route.path), |path| Cow::Owned(path.clone()));
                table.exact.entry(path).or_default().push(entry);
            }
        }
        table
    }

    /// The endpoint for a method and a path. A path without parameter goes before one with.
    pub fn find<'a>(&'a self, method: &Method, path: &'a str) -> Option<Match<'a>> {
        self.at(path).find(|found| found.route.method == *method)
    }

    /// The endpoints at a path, whatever their methods.
    pub fn at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = Match<'a>> {
        let exact = self.exact.get(path).into_iter().flatten();
        let exact = exact.map(|Entry { route, metrics }| Match {
            route,
            metrics,
            parameter: None,
        });
        let others = self.with_parameter.iter().filter_map(
            move |(before, after, Entry { route, metrics })| {
                let parameter = path.strip_prefix(before)?.strip_suffix(after)?;
                let is_segment = !parameter.is_empty() && !parameter.contains('/');
                is_segment.then_some(Match {
                    route,
                    metrics,
                    parameter: Some(parameter),
                })
            },
        );
        exact.chain(others)
    }
}

/// What is before the segment that starts with a colon, and what is behind it.
fn split_at_parameter(path: &'static str) -> Option<(&'static str, &'static str)> {
    let (before, parameter) = path.split_once(':')?;
    let end = parameter.find('/').unwrap_or(parameter.len());
    Some((before, parameter.get(end..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    const ROUTES: &[Route] = &[
        route(Method::GET, "/reset-password/:token"),
        route(Method::POST, "/reset-password"),
        route(Method::GET, "/a/:id/b"),
        route(Method::GET, "/a/me/b"),
    ];

    const fn route(method: Method, path: &'static str) -> Route {
        Route::new(
            method,
            path,
            |_| Box::pin(async { Response::default() }),
            |_| {},
        )
    }

    fn find(method: &Method, path: &str) -> Option<(&'static str, Option<String>)> {
        let metrics = Metrics::new().http;
        let table = Table::new([ROUTES], &HashMap::new(), &metrics);
        let found = table.find(method, path)?;
        Some((found.route.path, found.parameter.map(str::to_owned)))
    }

    #[test]
    fn a_parameter_is_one_segment_that_is_not_empty() {
        let parameter = |text: &str| Some(("/reset-password/:token", Some(text.to_owned())));
        for (path, expected) in [
            ("/reset-password/abc", parameter("abc")),
            ("/reset-password/a%2fb", parameter("a%2fb")),
            ("/reset-password/", None),
            ("/reset-password/a/b", None),
            ("/reset-password", None),
        ] {
            assert_eq!(find(&Method::GET, path), expected, "{path}");
        }
    }

    #[test]
    fn the_method_chooses_among_routes_of_one_path() {
        let found = find(&Method::POST, "/reset-password");
        assert_eq!(found, Some(("/reset-password", None)));
        assert_eq!(find(&Method::POST, "/reset-password/abc"), None);
    }

    #[test]
    fn a_path_without_parameter_goes_before_one_with() {
        assert_eq!(find(&Method::GET, "/a/me/b"), Some(("/a/me/b", None)));
        let found = find(&Method::GET, "/a/you/b");
        assert_eq!(found, Some(("/a/:id/b", Some("you".to_owned()))));
    }
}
