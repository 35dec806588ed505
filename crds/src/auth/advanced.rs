//! Cookies, client addresses and the checks of a request's origin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod cookies;
mod database;

use cookies::is_token;
pub use cookies::{CookieAttributes, CrossSubDomainCookies, SameSite, SingleCookie, SingleCookies};
pub use database::{DatabaseOptions, GenerateId};

use super::problem::{Problem, check_range};

/// What cookie names start with unless `cookiePrefix` says otherwise: better-auth's own, so that browsers
/// keep their sessions when a frontend moves here.
pub const DEFAULT_COOKIE_PREFIX: &str = "better-auth";

/// Cookies, client addresses and the checks of a request's origin.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advanced {
    /// What cookie names start with: letters, digits, dot, underscore and hyphen. Default: `better-auth`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9._-]+$"))]
    pub cookie_prefix: Option<String>,

    /// Set `Secure` and the name prefix `__Secure-` on every cookie. Default: true when `baseURL` is https.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_secure_cookies: Option<bool>,

    /// Share cookies with the other hosts of a domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_sub_domain_cookies: Option<CrossSubDomainCookies>,

    /// Attributes of every cookie, in place of the defaults `Path=/; HttpOnly; SameSite=Lax`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_cookie_attributes: Option<CookieAttributes>,

    /// Names and attributes of single cookies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookies: Option<SingleCookies>,

    /// Accept requests with cookies from any origin. Opens every signed-in user to cross-site request forgery:
    /// for tests only. Default: false.
    #[serde(rename = "disableCSRFCheck", skip_serializing_if = "Option::is_none")]
    pub disable_csrf_check: Option<bool>,

    /// Accept callback URLs of any origin. Opens redirects to anywhere: for tests only. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_origin_check: Option<bool>,

    /// Answer paths with a trailing slash as if it were not there. Default: false (404).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_trailing_slashes: Option<bool>,

    /// How the address of a client is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<IpAddress>,

    /// The ids and dates of the tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseOptions>,
}

/// How the address of a client is found. The address of the socket is never used: it is the proxy's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IpAddress {
    /// Headers to look at, in this order. Default: `x-forwarded-for`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 128)))]
    pub ip_address_headers: Option<Vec<String>>,

    /// Addresses and networks (CIDR) of proxies. With them, the right-most address that is not one of theirs
    /// is the client's; without them, a header that holds more than one address is not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 2, max = 64)))]
    pub trusted_proxies: Option<Vec<String>>,

    /// Length of the prefix by which IPv6 addresses are told apart, 32 to 128 bits. Default: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 32, max = 128))]
    pub ipv6_subnet: Option<u8>,

    /// Keep no addresses. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_ip_tracking: Option<bool>,
}

impl Advanced {
    /// What cookie names start with.
    pub fn cookie_prefix(&self) -> &str {
        self.cookie_prefix
            .as_deref()
            .unwrap_or(DEFAULT_COOKIE_PREFIX)
    }

    /// Names and attributes of single cookies, none where nothing is set.
    pub fn cookies(&self) -> SingleCookies {
        self.cookies.clone().unwrap_or_default()
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(prefix) = &self.cookie_prefix
            && !is_token(prefix, &['.', '_', '-'])
        {
            problems.push(Problem::new(
                "advanced.cookiePrefix",
                "must consist of letters, digits, dot, underscore and hyphen",
            ));
        }
        if let Some(shared) = &self.cross_sub_domain_cookies {
            shared.validate(problems);
        }
        if let Some(attributes) = &self.default_cookie_attributes {
            attributes.validate("advanced.defaultCookieAttributes", problems);
        }
        if let Some(cookies) = &self.cookies {
            cookies.validate(self.cookie_prefix(), problems);
        }
        if let Some(ip_address) = &self.ip_address {
            ip_address.validate(problems);
        }
        if let Some(database) = &self.database {
            database.validate(problems);
        }
    }
}

impl IpAddress {
    /// Headers to look at, in this order.
    pub fn ip_address_headers(&self) -> Vec<String> {
        self.ip_address_headers
            .clone()
            .unwrap_or_else(|| vec!["x-forwarded-for".to_owned()])
    }

    /// Length in bits of the prefix by which IPv6 addresses are told apart.
    pub fn ipv6_subnet(&self) -> u8 {
        self.ipv6_subnet.unwrap_or(64)
    }

    fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(
            problems,
            "advanced.ipAddress.ipv6Subnet",
            self.ipv6_subnet,
            32..=128,
        );
        for (index, proxy) in self.trusted_proxies.iter().flatten().enumerate() {
            let (address, prefix) = proxy
                .split_once('/')
                .map_or((proxy.as_str(), None), |(a, p)| (a, Some(p)));
            // IPv4 written as IPv6 is IPv4, whose prefixes are shorter.
            let address = address
                .parse::<std::net::IpAddr>()
                .map(|a| a.to_canonical());
            let longest = address
                .as_ref()
                .map_or(0, |a| if a.is_ipv4() { 32 } else { 128 });
            let prefix_fits = prefix.is_none_or(|p| {
                p.bytes().all(|byte| byte.is_ascii_digit())
                    && p.parse::<u8>().is_ok_and(|bits| bits <= longest)
            });
            if address.is_err() || !prefix_fits {
                problems.push(Problem::new(
                    format!("advanced.ipAddress.trustedProxies[{index}]"),
                    "must be an IP address or a network such as 10.0.0.0/8",
                ));
            }
        }
    }
}
