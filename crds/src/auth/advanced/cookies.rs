//! Cookies, all alike and each for itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::problem::{Problem, check_range};

/// Browsers keep no cookie longer than 400 days (RFC 6265bis, section 5.5).
const MAX_AGE_SECONDS: u32 = 400 * 86_400;

/// Share cookies with the other hosts of a domain.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrossSubDomainCookies {
    /// Set the attribute `Domain` on every cookie. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Value of `Domain`, for example `.example.com`. Default: the host of `baseURL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^\.?[A-Za-z0-9.-]+$"))]
    pub domain: Option<String>,
}

/// Attributes of a cookie; what is absent keeps its default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CookieAttributes {
    /// `SameSite`. `none` implies `Secure`. Default: lax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_site: Option<SameSite>,

    /// `Secure`, whatever `useSecureCookies` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure: Option<bool>,

    /// `HttpOnly`. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_only: Option<bool>,

    /// `Partitioned` (CHIPS); implies `Secure`. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitioned: Option<bool>,

    /// `Path`. Default: `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^/[^;\s]*$"))]
    pub path: Option<String>,

    /// `Domain`. Default: none, or that of `crossSubDomainCookies`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^\.?[A-Za-z0-9.-]+$"))]
    pub domain: Option<String>,

    /// `Max-Age` in seconds, 1 to 34560000 (400 days). That of `session_token` is always `session.expiresIn`; that of
    /// `session_data` is how long the copy is believed, too. Among the attributes of every cookie it counts for
    /// cookies that have no lifetime of their own. Default: that of the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 34_560_000))]
    pub max_age: Option<u32>,
}

/// `SameSite` of every cookie. `none` implies `Secure`. Default: lax.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Sent on requests of the same site only.
    Strict,
    /// Sent on top-level navigation from elsewhere too.
    #[default]
    Lax,
    /// Sent on every request.
    None,
}

/// Names and attributes of single cookies, under the names that better-auth gives them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SingleCookies {
    /// The session's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SingleCookie>,

    /// A copy of the session: the cookie cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_data: Option<SingleCookie>,

    /// Says that the session ends with the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dont_remember: Option<SingleCookie>,

    /// The state of a sign-in through a service, whose rest is in the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<SingleCookie>,

    /// The whole state of a sign-in through a service, encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_state: Option<SingleCookie>,
}

/// Name and attributes of one cookie.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SingleCookie {
    /// The whole name, but for the `__Secure-` of secure cookies: letters, digits, dot, underscore and hyphen.
    /// Default: `cookiePrefix`, a dot and better-auth's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9._-]+$"))]
    pub name: Option<String>,

    /// Its attributes, in place of those of every cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<CookieAttributes>,
}

impl CrossSubDomainCookies {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_domain(
            problems,
            "advanced.crossSubDomainCookies",
            self.domain.as_ref(),
        );
    }
}

impl CookieAttributes {
    pub(super) fn validate(&self, path: &str, problems: &mut Vec<Problem>) {
        check_domain(problems, path, self.domain.as_ref());
        let is_path = |p: &String| p.starts_with('/') && !p.contains([';', ' ', '\t', '\r', '\n']);
        if !self.path.as_ref().is_none_or(is_path) {
            problems.push(Problem::new(
                format!("{path}.path"),
                "must start with a slash and hold neither spaces nor semicolons",
            ));
        }
        let field = format!("{path}.maxAge");
        check_range(problems, &field, self.max_age, 1..=MAX_AGE_SECONDS);
    }
}

impl SingleCookies {
    fn all(&self) -> [(&'static str, Option<&SingleCookie>); 5] {
        [
            ("session_token", self.session_token.as_ref()),
            ("session_data", self.session_data.as_ref()),
            ("dont_remember", self.dont_remember.as_ref()),
            ("state", self.state.as_ref()),
            ("oauth_state", self.oauth_state.as_ref()),
        ]
    }

    /// `prefix` is what the names of the others begin with.
    pub(super) fn validate(&self, prefix: &str, problems: &mut Vec<Problem>) {
        let mut names = BTreeMap::new();
        for (key, cookie) in self.all() {
            let path = format!("advanced.cookies.{key}");
            let own = cookie.and_then(|cookie| cookie.name.clone());
            let name = own.unwrap_or_else(|| format!("{prefix}.{key}"));
            if !is_token(&name, &['.', '_', '-']) {
                problems.push(Problem::new(
                    format!("{path}.name"),
                    "must consist of letters, digits, dot, underscore and hyphen",
                ));
            }
            if let Some(attributes) = cookie.and_then(|cookie| cookie.attributes.as_ref()) {
                attributes.validate(&format!("{path}.attributes"), problems);
            }
            if let Some(other) = names.insert(name, key) {
                problems.push(Problem::new(
                    format!("{path}.name"),
                    format!("is the name of {other} too: each cookie needs a name of its own"),
                ));
            }
        }
    }
}

fn check_domain(problems: &mut Vec<Problem>, path: &str, domain: Option<&String>) {
    if domain.is_some_and(|domain| !is_token(domain, &['.', '-'])) {
        problems.push(Problem::new(
            format!("{path}.domain"),
            "must be a domain such as .example.com",
        ));
    }
}

/// Whether `text` consists of letters, digits and `more`.
pub(super) fn is_token(text: &str, more: &[char]) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(yaml: &str) -> Vec<String> {
        let cookies: SingleCookies = serde_saphyr::from_str(yaml).unwrap();
        let mut problems = Vec::new();
        cookies.validate("shop", &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_and_attributes_of_single_cookies_are_checked() {
        let yaml = "
            session_token: {name: 'a b'}
            session_data: {attributes: {path: x, domain: 'a;b', maxAge: 0}}
            state: {name: shop.oauth_state}
            unknown: {name: '='}";
        assert_eq!(
            problems(yaml),
            [
                "advanced.cookies.session_token.name: must consist of letters, digits, dot, underscore and hyphen",
                "advanced.cookies.session_data.attributes.domain: must be a domain such as .example.com",
                "advanced.cookies.session_data.attributes.path: must start with a slash and hold neither spaces nor semicolons",
                "advanced.cookies.session_data.attributes.maxAge: is 0, must be from 1 to 34560000",
                "advanced.cookies.oauth_state.name: is the name of state too: each cookie needs a name of its own",
            ]
        );
        assert!(problems("session_token: {name: sid, attributes: {sameSite: none}}").is_empty());
    }
}
