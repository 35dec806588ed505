//! The cookies that this server sets: names and attributes, from the settings.

use super::Attributes;
use crate::config::BaseUrl;
use authbackend_crds::auth::{
    AuthSettings, CookieAttributes, SameSite, SingleCookie, StateStrategy,
};

/// A cookie of this server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cookie {
    /// Its full name.
    pub name: String,
    /// Its attributes; some callers override `max_age`.
    pub attributes: Attributes,
}

/// The cookies of this server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cookies {
    /// The session's token, signed.
    pub session_token: Cookie,
    /// A copy of the session: the cookie cache.
    pub session_data: Cookie,
    /// Says that the session ends with the browser; signed.
    pub dont_remember: Cookie,
    /// The state of a sign-in through a service, signed, whose rest is in the database.
    pub state: Cookie,
    /// The whole state of a sign-in through a service, encrypted.
    pub oauth_state: Cookie,
    /// Whether it is kept in that cookie.
    pub is_state_in_cookie: bool,
}

/// `Max-Age` of the state of a sign-in in seconds, as better-auth has it: the row in the database lives longer.
const STATE_MAX_AGE: u32 = 300;

/// `Max-Age` of the encrypted state in seconds.
const OAUTH_STATE_MAX_AGE: u32 = 600;

impl Cookies {
    /// The cookies of a server at `base_url`.
    pub fn new(settings: &AuthSettings, base_url: &BaseUrl) -> Self {
        let advanced = settings.advanced();
        let secure = advanced
            .use_secure_cookies
            .unwrap_or_else(|| base_url.is_https());
        let built_in = Attributes {
            max_age: None,
            domain: domain(settings, base_url),
            path: Some("/".to_owned()),
            http_only: true,
            secure,
            same_site: Some(SameSite::Lax),
            partitioned: false,
        };
        let common = merge(built_in, advanced.default_cookie_attributes.as_ref());
        let secure_prefix = if secure { "__Secure-" } else { "" };
        let cookie = |key: &str, own: Option<&SingleCookie>, max_age: Option<u32>| {
            let name = own.and_then(|own| own.name.clone());
            let name = name.unwrap_or_else(|| format!("{}.{key}", advanced.cookie_prefix()));
            let mut attributes = common.clone();
            attributes.max_age = max_age.or(attributes.max_age);
            Cookie {
                name: format!("{secure_prefix}{name}"),
                attributes: merge(attributes, own.and_then(|own| own.attributes.as_ref())),
            }
        };
        let (own, session) = (advanced.cookies(), settings.session());
        let copy_max_age = session.cookie_cache().max_age();
        let mut cookies = Self {
            session_token: cookie("session_token", own.session_token.as_ref(), None),
            session_data: cookie(
                "session_data",
                own.session_data.as_ref(),
                Some(copy_max_age),
            ),
            dont_remember: cookie("dont_remember", own.dont_remember.as_ref(), None),
            state: cookie("state", own.state.as_ref(), Some(STATE_MAX_AGE)),
            oauth_state: cookie(
                "oauth_state",
                own.oauth_state.as_ref(),
                Some(OAUTH_STATE_MAX_AGE),
            ),
            is_state_in_cookie: settings.account().store_state_strategy() == StateStrategy::Cookie,
        };
        // As long as the session, whatever the settings say of the cookie.
        cookies.session_token.attributes.max_age = Some(session.expires_in());
        cookies
    }
}

/// `attributes` with those that the settings give in their place.
fn merge(attributes: Attributes, own: Option<&CookieAttributes>) -> Attributes {
    let Some(own) = own else {
        return attributes;
    };
    Attributes {
        max_age: own.max_age.or(attributes.max_age),
        domain: own.domain.clone().or(attributes.domain),
        path: own.path.clone().or(attributes.path),
        http_only: own.http_only.unwrap_or(attributes.http_only),
        secure: own.secure.unwrap_or(attributes.secure),
        same_site: own.same_site.or(attributes.same_site),
        partitioned: own.partitioned.unwrap_or(attributes.partitioned),
    }
}

fn domain(settings: &AuthSettings, base_url: &BaseUrl) -> Option<String> {
    let advanced = settings.advanced();
    let shared = advanced.cross_sub_domain_cookies.as_ref()?;
    if !shared.enabled.unwrap_or(false) {
        return None;
    }
    let own = || host(base_url.origin()).to_owned();
    Some(shared.domain.clone().unwrap_or_else(own))
}

/// The host of an origin, without its port.
fn host(origin: &str) -> &str {
    let authority = origin
        .split_once("://")
        .map_or(origin, |(_, authority)| authority);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::cookie::serialize;

    fn session_token(settings: &str, base_url: &str) -> String {
        let settings: AuthSettings = serde_json::from_str(settings).unwrap();
        let cookies = Cookies::new(&settings, &BaseUrl::parse(base_url).unwrap());
        serialize(
            &cookies.session_token.name,
            "v",
            &cookies.session_token.attributes,
        )
    }

    #[test]
    fn names_and_attributes_follow_the_settings() {
        let http = "http://localhost:8100/api";
        let https = "https://shop.example/api";
        let cases = [
            (
                "{}",
                http,
                "better-auth.session_token=v; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
            ),
            (
                "{}",
                https,
                "__Secure-better-auth.session_token=v; Max-Age=604800; Path=/; HttpOnly; Secure; \
                 SameSite=Lax",
            ),
            (
                r#"{"advanced": {"useSecureCookies": false}}"#,
                https,
                "better-auth.session_token=v; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
            ),
            (
                r#"{"session": {"expiresIn": 60}, "advanced": {"cookiePrefix": "shop"}}"#,
                http,
                "shop.session_token=v; Max-Age=60; Path=/; HttpOnly; SameSite=Lax",
            ),
            (
                r#"{"advanced": {"crossSubDomainCookies": {"enabled": true}}}"#,
                http,
                "better-auth.session_token=v; Max-Age=604800; Domain=localhost; Path=/; HttpOnly; \
                 SameSite=Lax",
            ),
            (
                r#"{"advanced": {"crossSubDomainCookies": {"enabled": true, "domain": ".example.com"}}}"#,
                https,
                "__Secure-better-auth.session_token=v; Max-Age=604800; Domain=.example.com; Path=/; \
                 HttpOnly; Secure; SameSite=Lax",
            ),
            (
                r#"{"advanced": {"crossSubDomainCookies": {"domain": ".example.com"}}}"#,
                http,
                "better-auth.session_token=v; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
            ),
            (
                r#"{"advanced": {"defaultCookieAttributes": {"sameSite": "none", "httpOnly": false,
                    "partitioned": true, "path": "/app"}}}"#,
                http,
                "better-auth.session_token=v; Max-Age=604800; Path=/app; Secure; SameSite=None; \
                 Partitioned",
            ),
        ];
        for (settings, base_url, cookie) in cases {
            assert_eq!(
                session_token(settings, base_url),
                cookie,
                "{settings} {base_url}"
            );
        }
    }

    #[test]
    fn the_host_of_an_origin_has_no_port() {
        for (origin, expected) in [
            ("https://shop.example", "shop.example"),
            ("http://localhost:8100", "localhost"),
            ("http://[::1]:8100", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(host(origin), expected);
        }
    }

    #[test]
    fn a_single_cookie_has_a_name_and_attributes_of_its_own() {
        let settings = r#"{"advanced": {"defaultCookieAttributes": {"path": "/app"},
            "cookies": {"session_token": {"name": "sid", "attributes": {"sameSite": "strict", "maxAge": 7}}}}}"#;
        assert_eq!(
            session_token(settings, "https://shop.example/api"),
            "__Secure-sid=v; Max-Age=604800; Path=/app; HttpOnly; Secure; SameSite=Strict"
        );
    }

    #[test]
    fn a_lifetime_of_the_settings_counts_unless_the_session_says_otherwise() {
        let settings = r#"{"advanced": {"defaultCookieAttributes": {"maxAge": 5},
            "cookies": {"session_data": {"attributes": {"maxAge": 7}}, "state": {"attributes": {"maxAge": 8}}}}}"#;
        let settings: AuthSettings = serde_json::from_str(settings).unwrap();
        let url = BaseUrl::parse("http://localhost:8100/api").unwrap();
        let cookies = Cookies::new(&settings, &url);
        let all = [
            &cookies.session_token,
            &cookies.session_data,
            &cookies.dont_remember,
            &cookies.state,
            &cookies.oauth_state,
        ];
        assert_eq!(
            all.map(|cookie| cookie.attributes.max_age),
            [Some(604_800), Some(7), Some(5), Some(8), Some(600)]
        );
    }

    #[test]
    fn every_cookie_has_its_name_and_lifetime() {
        let url = BaseUrl::parse("http://localhost:8100/api").unwrap();
        let cookies = Cookies::new(&AuthSettings::default(), &url);
        let of = |cookie: &Cookie| (cookie.name.clone(), cookie.attributes.max_age);
        assert_eq!(
            of(&cookies.session_data),
            ("better-auth.session_data".to_owned(), Some(300))
        );
        assert_eq!(
            of(&cookies.dont_remember),
            ("better-auth.dont_remember".to_owned(), None)
        );
    }
}
