//! The checks that keep other sites from acting in a user's name.

use serde_json::Value;
use warp::http::{HeaderMap, Method, header};

use super::TrustedOrigins;
use crate::{
    app::App,
    http::{
        call::{Call, Query},
        content_type::latin_1,
        error::{ApiError, ErrorCode},
        error_code::{
            CROSS_SITE_NAVIGATION_LOGIN_BLOCKED, INVALID_CALLBACK_URL, INVALID_ERROR_CALLBACK_URL,
            INVALID_NEW_USER_CALLBACK_URL, INVALID_ORIGIN, INVALID_REDIRECT_URL,
            MISSING_OR_NULL_ORIGIN,
        },
        extract::Extract,
        openapi::Operation,
    },
    identity::fields::is_truthy,
};

/// The ways in which [`check_request`] refuses a request.
pub const ERRORS: &[&ErrorCode] = &[
    &INVALID_CALLBACK_URL,
    &INVALID_ERROR_CALLBACK_URL,
    &INVALID_NEW_USER_CALLBACK_URL,
    &INVALID_ORIGIN,
    &INVALID_REDIRECT_URL,
    &MISSING_OR_NULL_ORIGIN,
];

/// Checks where a request that may change something comes from and where it wants to lead.
///
/// # Errors
/// The origin or one of the URLs is not trusted.
pub fn check_request(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    query: &Query,
    body: Option<&Value>,
) -> Result<(), ApiError> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let rules = Rules::of(app);
    if headers.contains_key(header::COOKIE) {
        rules.check_origin(headers)?;
    }
    rules.check_redirects(query, body)
}

/// Proof that a request which signs in was not forged by another site, even where no cookie gives it away.
pub struct FormCsrf;

impl Extract for FormCsrf {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Rules::of(&call.app).check_form(&call.headers)?;
        Ok(Self)
    }

    fn describe(operation: &mut Operation) {
        operation.fails(&CROSS_SITE_NAVIGATION_LOGIN_BLOCKED);
    }
}

/// What is checked, and against what.
struct Rules<'a> {
    trusted: &'a TrustedOrigins,
    /// Scheme of the server's own URL.
    scheme: &'a str,
    checks_origin: bool,
    checks_redirects: bool,
    checks_forms: bool,
}

impl<'a> Rules<'a> {
    fn of(app: &'a App) -> Self {
        let advanced = app.config.settings.advanced.as_ref();
        let csrf = advanced.and_then(|advanced| advanced.disable_csrf_check);
        let origin_is_off = advanced
            .and_then(|advanced| advanced.disable_origin_check)
            .unwrap_or(false);
        let csrf_is_off = csrf.unwrap_or(false);
        Self {
            trusted: &app.origins,
            scheme: if app.config.base_url.is_https() {
                "https"
            } else {
                "http"
            },
            checks_origin: !csrf_is_off && !origin_is_off,
            checks_redirects: !origin_is_off,
            // Without a word about CSRF, switching the origin check off switches both off.
            checks_forms: !csrf.unwrap_or(origin_is_off),
        }
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if !self.checks_origin {
            return Ok(());
        }
        let origin = text(headers, "origin").or_else(|| text(headers, "referer"));
        let is_own = origin.as_deref() == Some("null")
            && text(headers, "sec-fetch-site").as_deref() == Some("same-origin");
        let origin = if is_own {
            // A page without an origin of its own, that the browser vouches for.
            text(headers, "host").map(|host| format!("{}://{host}", self.scheme))
        } else {
            origin.filter(|origin| origin != "null")
        };
        match origin {
            None => Err((&MISSING_OR_NULL_ORIGIN).into()),
            Some(origin) if self.trusted.trusts_origin(&origin) => Ok(()),
            Some(_) => Err((&INVALID_ORIGIN).into()),
        }
    }

    fn check_form(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if !self.checks_forms {
            return Ok(());
        }
        let site = text(headers, "sec-fetch-site");
        let mode = text(headers, "sec-fetch-mode");
        let destination = text(headers, "sec-fetch-dest");
        let is_browser = site.is_some() || mode.is_some() || destination.is_some();
        let has_cookie = headers.contains_key(header::COOKIE);
        let crosses = site.as_deref() == Some("cross-site") && mode.as_deref() == Some("navigate");
        if !has_cookie && crosses {
            return Err((&CROSS_SITE_NAVIGATION_LOGIN_BLOCKED).into());
        }
        let names_origin = text(headers, "origin")
            .or_else(|| text(headers, "referer"))
            .is_some();
        if has_cookie || is_browser || names_origin {
            self.check_origin(headers)
        } else {
            Ok(())
        }
    }

    fn check_redirects(&self, query: &Query, body: Option<&Value>) -> Result<(), ApiError> {
        if !self.checks_redirects {
            return Ok(());
        }
        let field = |name| {
            body.and_then(|body| body.get(name))
                .filter(|value| is_truthy(value))
        };
        if let Some(url) = field("callbackURL") {
            self.check_redirect(url.as_str(), "callbackURL", &INVALID_CALLBACK_URL)?;
        } else if let Some(url) = query.single("callbackURL") {
            self.check_redirect(url, "callbackURL", &INVALID_CALLBACK_URL)?;
        }
        let others: [(_, _, &'static ErrorCode); 3] = [
            ("redirectTo", "redirectURL", &INVALID_REDIRECT_URL),
            (
                "errorCallbackURL",
                "errorCallbackURL",
                &INVALID_ERROR_CALLBACK_URL,
            ),
            (
                "newUserCallbackURL",
                "newUserCallbackURL",
                &INVALID_NEW_USER_CALLBACK_URL,
            ),
        ];
        for (name, label, code) in others {
            if let Some(url) = field(name) {
                self.check_redirect(url.as_str(), label, code)?;
            }
        }
        Ok(())
    }

    fn check_redirect(
        &self,
        url: Option<&str>,
        label: &str,
        code: &'static ErrorCode,
    ) -> Result<(), ApiError> {
        match url {
            None => Err(ApiError::bad_request(format!(
                "Invalid {label}: expected a string"
            ))),
            Some(url) if self.trusted.trusts_redirect(url) => Ok(()),
            Some(_) => Err(code.into()),
        }
    }
}

/// A header with more than spaces in it.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .map(latin_1)
        .filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests;
