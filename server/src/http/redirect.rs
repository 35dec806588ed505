//! Redirects of a browser.

use url::{Url, form_urlencoded};
use warp::{http::StatusCode, reply::Response};

use super::{
    error::{ApiError, ErrorCode},
    openapi::Operation,
    reply::{self, IntoReply},
};
use crate::app::App;

/// Stands in for the origin of a relative URL while its query is changed.
const NOWHERE: &str = "https://relative.invalid";

/// Where a browser is sent: a place that is trusted. Nothing else can be redirected to, so that no endpoint is an
/// open redirect.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redirect(String);

impl Redirect {
    /// The place that a request asks for, if it is of a trusted origin or a path.
    ///
    /// # Errors
    /// `code` if it is not.
    pub fn checked(app: &App, url: &str, code: &'static ErrorCode) -> Result<Self, ApiError> {
        let advanced = app.config.settings.advanced.as_ref();
        let is_off = advanced.and_then(|advanced| advanced.disable_origin_check);
        if is_off.unwrap_or(false) || app.origins.trusts_redirect(url) {
            Ok(Self(url.to_owned()))
        } else {
            Err(code.into())
        }
    }

    /// A place that was checked when it was stored.
    pub fn stored(url: String) -> Self {
        Self(url)
    }

    /// A path of the API itself.
    pub fn own(app: &App, path: &str) -> Self {
        Self(format!("{}{path}", app.config.base_url.as_str()))
    }

    /// The same place with one more value in the query, behind those that are there and before a fragment; written
    /// as a URL parser writes it.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let Some((base, mut url)) = self.parse(NOWHERE) else {
            return self;
        };
        let pair = form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        let query = match url.query().filter(|query| !query.is_empty()) {
            None => pair,
            Some(query) if query.ends_with('&') => format!("{query}{pair}"),
            Some(query) => format!("{query}&{pair}"),
        };
        url.set_query(Some(&query));
        if !self.0.starts_with('/') {
            return Self(url.into());
        }
        let path = url.as_str().strip_prefix(base).unwrap_or_default();
        // What the dots of `/..//host` leave behind would lead to another host.
        let dot = if path.starts_with("//") { "/." } else { "" };
        Self(format!("{dot}{path}"))
    }

    /// The same place as an absolute URL, seen from the API, in whose query `name` is `value` and nothing else.
    #[must_use]
    pub fn absolute_with(self, app: &App, name: &str, value: &str) -> Self {
        let Some((_, mut url)) = self.parse(app.config.base_url.as_str()) else {
            return self;
        };
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let place = pairs.iter().position(|(known, _)| known == name);
        let place = place.unwrap_or(pairs.len());
        pairs.retain(|(known, _)| known != name);
        pairs.insert(place, (name.to_owned(), value.to_owned()));
        url.query_pairs_mut().clear().extend_pairs(pairs);
        Self(url.into())
    }

    /// The URL, seen from `base`, which is returned too.
    fn parse<'a>(&self, base: &'a str) -> Option<(&'a str, Url)> {
        let url = Url::parse(base).and_then(|base| base.join(&self.0));
        Some((base, url.ok()?))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IntoReply for Redirect {
    fn into_reply(self) -> Response {
        // The content type of a body that is not there is what better-auth sends.
        let mut response = reply::with_body(StatusCode::FOUND, "application/json", Vec::new());
        reply::set_location(&mut response, &self.0);
        response
    }

    fn describe(operation: &mut Operation) {
        operation.redirects();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_behind_the_query_and_before_the_fragment() {
        for (url, expected) in [
            ("/a", "/a?error=X+Y"),
            ("/a?", "/a?error=X+Y"),
            ("/a?b=c", "/a?b=c&error=X+Y"),
            ("/a?b=c&", "/a?b=c&error=X+Y"),
            ("/ä b/../c", "/c?error=X+Y"),
            ("/..//evil.example", "/.//evil.example?error=X+Y"),
            ("https://app.example", "https://app.example/?error=X+Y"),
            ("myapp://done", "myapp://done?error=X+Y"),
            ("myapp:done", "myapp:done?error=X+Y"),
            (
                "https://app.example/a#top",
                "https://app.example/a?error=X+Y#top",
            ),
        ] {
            let redirect = Redirect::stored(url.to_owned()).with("error", "X Y");
            assert_eq!(redirect.as_str(), expected);
        }
    }
}
