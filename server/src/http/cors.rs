//! Cross-origin resource sharing: pages of trusted origins may call the API and read its answers.
//!
//! better-auth leaves this to whatever serves it, and this server is all that serves it. Only a request that a
//! browser marks as one of another origin gets anything from here, and only if the settings trust that origin; the
//! answer to any other is as if there were no such thing.

use std::sync::Arc;

use warp::{
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    reply::Response,
};

use super::{origin::TrustedOrigins, reply, table::Table};

/// Headers that pages may read besides the few that the Fetch standard lets them. The clients of better-auth look for
/// all but the last, which names the request to whoever reads the log.
const EXPOSED: [&str; 4] = [
    "set-auth-token",
    "set-auth-jwt",
    "x-retry-after",
    "x-request-id",
];

/// Headers that pages may always send.
const ALLOWED: [HeaderName; 2] = [header::AUTHORIZATION, header::CONTENT_TYPE];

/// Headers that a page may ask for at once: more are no page's.
const MAX_ASKED: usize = 64;

/// What pages of other origins may do.
#[derive(Clone)]
pub struct Cors(Option<Arc<Policy>>);

struct Policy {
    trusted: Arc<TrustedOrigins>,
    /// The server's own origin, whose pages need no permission.
    own: String,
    max_age: HeaderValue,
}

impl Cors {
    /// Lets pages of `trusted` origins other than `own` in; browsers keep that for `max_age` seconds.
    pub fn new(trusted: Arc<TrustedOrigins>, own: &str, max_age: u32) -> Self {
        Self(Some(Arc::new(Policy {
            trusted,
            own: own.to_owned(),
            max_age: max_age.into(),
        })))
    }

    /// Lets no page of another origin in.
    pub fn off() -> Self {
        Self(None)
    }

    /// The origin of a request by a page that may read the answer.
    pub fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let policy = self.0.as_ref()?;
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next().filter(|_| origins.next().is_none())?;
        let text = origin.to_str().ok()?;
        let is_admitted =
            is_serialized(text) && text != policy.own && policy.trusted.trusts_origin(text);
        is_admitted.then(|| origin.clone())
    }

    /// The answer to a browser that asks on behalf of a page whether it may send a request, if that is what `headers`
    /// do. `path` is without the mount path. [`Cors::permit`] adds whom it is for.
    pub fn preflight(
        &self,
        table: &Table,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let policy = self.0.as_ref()?;
        if *method != Method::OPTIONS
            || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        self.origin(headers)?;
        let mut methods: Vec<_> = table
            .at(path)
            .map(|found| found.route.method.as_str())
            .collect();
        if methods.is_empty() {
            return None;
        }
        methods.sort_unstable();
        let mut response = reply::empty(StatusCode::NO_CONTENT);
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, list(&methods));
        let asked = asked_headers(headers);
        let asked: Vec<_> = asked.iter().map(HeaderName::as_str).collect();
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, list(&asked));
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, policy.max_age.clone());
        Some(response)
    }

    /// Lets the page of `origin`, which came from [`Cors::origin`], read the answer with these headers.
    pub fn permit(headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        let exposed: Vec<_> = headers
            .get_all(header::ACCESS_CONTROL_EXPOSE_HEADERS)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|name| !name.is_empty() && !EXPOSED.contains(name))
            .chain(EXPOSED)
            .collect();
        let exposed = list(&exposed);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}

/// The headers that a page wants to send, as far as they are names, and those that it always may: a trusted page may
/// send whatever the application in front of it needs.
fn asked_headers(headers: &HeaderMap) -> Vec<HeaderName> {
    let asked = headers
        .get_all(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .take(MAX_ASKED);
    let mut all: Vec<HeaderName> = ALLOWED.into_iter().chain(asked).collect();
    all.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    all.dedup();
    all
}

/// A list of names as the value of a header. All are names of headers or methods, which a header can carry.
fn list(names: &[&str]) -> HeaderValue {
    HeaderValue::try_from(names.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Whether `origin` is written as browsers write it (RFC 6454, section 6.2): lower case, and nothing behind the host.
/// The check of origins is more lenient, because it is not only asked about headers.
fn is_serialized(origin: &str) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| !authority.contains(['/', '?', '#', '@', '\\']))
        && !origin.contains(|c: char| c.is_ascii_uppercase() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::table::Route;

    const ROUTES: &[Route] = &[
        route(Method::POST, "/get-session"),
        route(Method::GET, "/get-session"),
        route(Method::GET, "/callback/:id"),
    ];

    const fn route(method: Method, path: &'static str) -> Route {
        Route::new(
            method,
            path,
            |_| Box::pin(async { Response::default() }),
            |_| {},
        )
    }

    fn cors() -> Cors {
        let trusted = ["https://app.example", "https://*.shop.example", "myapp://"];
        let trusted = trusted.map(str::to_owned);
        let own = "https://auth.example";
        Cors::new(
            Arc::new(TrustedOrigins::new(own, &trusted).unwrap()),
            own,
            60,
        )
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_pages_of_trusted_origins_other_than_the_own_are_admitted() {
        for (origin, expected) in [
            ("https://app.example", true),
            ("https://a.b.shop.example", true),
            ("myapp://", true),
            ("https://auth.example", false),
            ("https://shop.example", false),
            ("http://app.example", false),
            ("https://app.example.evil.example", false),
            ("https://evil.example", false),
            ("https://app.example/", false),
            ("https://app.example/page", false),
            ("HTTPS://APP.EXAMPLE", false),
            ("https://user@app.example", false),
            ("null", false),
            ("", false),
            ("/", false),
        ] {
            let admitted = cors().origin(&headers(&[("origin", origin)]));
            assert_eq!(admitted.is_some(), expected, "{origin}");
            let admitted = admitted.map(|value| value.to_str().unwrap().to_owned());
            assert!(admitted.is_none_or(|value| value == origin), "{origin}");
        }
    }

    #[test]
    fn two_origins_are_none() {
        let two = [
            ("origin", "https://app.example"),
            ("origin", "https://app.example"),
        ];
        assert_eq!(cors().origin(&headers(&two)), None);
    }

    fn preflight(path: &str, method: &Method, more: &[(&str, &str)]) -> Option<HeaderMap> {
        let origin = [("origin", "https://app.example")];
        let headers = headers(&[&origin, more].concat());
        let metrics = crate::metrics::Metrics::new().http;
        let table = Table::new([ROUTES], &std::collections::HashMap::new(), &metrics);
        let response = cors().preflight(&table, path, method, &headers)?;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        Some(response.headers().clone())
    }

    #[test]
    fn a_preflight_is_answered_with_what_the_path_allows() {
        let asks = [
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "x-b,x-a, Content-Type,n(o",
            ),
        ];
        let answer = preflight("/get-session", &Method::OPTIONS, &asks).unwrap();
        assert_eq!(answer["access-control-allow-methods"], "GET, POST");
        assert_eq!(
            answer["access-control-allow-headers"],
            "authorization, content-type, x-a, x-b"
        );
        assert_eq!(answer["access-control-max-age"], "60");
        assert!(preflight("/callback/x", &Method::OPTIONS, &asks).is_some());
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_page_asks_to_send_only_names_of_headers_are_allowed(asked in "[ -~]{0,64}") {
            let asks = [
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", asked.as_str()),
            ];
            let answer = preflight("/get-session", &Method::OPTIONS, &asks).unwrap();
            let allowed = answer["access-control-allow-headers"].to_str().unwrap();
            for name in allowed.split(", ") {
                proptest::prop_assert!(name.parse::<HeaderName>().is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_preflight_is_not_answered_as_one() {
        let asks = [("access-control-request-method", "POST")];
        assert!(preflight("/nowhere", &Method::OPTIONS, &asks).is_none());
        assert!(preflight("/get-session", &Method::OPTIONS, &[]).is_none());
        assert!(preflight("/get-session", &Method::POST, &asks).is_none());
    }

    #[test]
    fn what_an_endpoint_exposes_stays_exposed() {
        let mut answer = headers(&[("access-control-expose-headers", "set-auth-token, x-own")]);
        Cors::permit(&mut answer, HeaderValue::from_static("https://app.example"));
        assert_eq!(
            answer["access-control-expose-headers"],
            "x-own, set-auth-token, set-auth-jwt, x-retry-after, x-request-id"
        );
        assert_eq!(answer["vary"], "Origin");
    }
}
