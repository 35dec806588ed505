//! Redirects of a browser.

use warp::reply::Response;

use super::{
    error::{ApiError, ErrorCode},
    reply::{self, IntoReply},
};
use crate::app::App;

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

    /// The same place with one more value in the query, behind those that are there and before a fragment.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let Self(url) = self;
        let (place, fragment) = match url.find('#') {
            Some(start) => url.split_at(start),
            None => (url.as_str(), ""),
        };
        let separator = if place.contains('?') { '&' } else { '?' };
        let pair = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        Self(format!("{place}{separator}{pair}{fragment}"))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IntoReply for Redirect {
    fn into_reply(self) -> Response {
        reply::found(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_behind_the_query_and_before_the_fragment() {
        for (url, expected) in [
            ("/a", "/a?error=X+Y"),
            ("/a?b=c", "/a?b=c&error=X+Y"),
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
