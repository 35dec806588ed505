//! Which hosts belong to one site.

use std::net::IpAddr;

use url::Url;

/// Stands in a pattern for whatever its wildcards match.
const ANY: &str = "any";

/// Where a page, or the API, is served.
pub(super) struct Page {
    pub(super) is_https: bool,
    /// In lower case; an IPv6 address without its brackets.
    pub(super) host: String,
    port: Option<u16>,
    /// The host is what a pattern with wildcards may match.
    is_pattern: bool,
}

impl Page {
    /// An origin that is http or https.
    pub(super) fn new(origin: &str) -> Option<Self> {
        let url = Url::parse(origin).ok()?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self {
            is_https,
            host: url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default(),
            is_pattern: false,
        })
    }

    /// A page that a pattern of trusted origins matches; without a scheme in it, one of the scheme of `api`.
    pub(super) fn of_pattern(pattern: &str, api: &Self) -> Option<Self> {
        let is_pattern = pattern.contains(['*', '?']);
        let example = pattern
            .replace(":*", "")
            .replace("**", ANY)
            .replace(['*', '?'], ANY);
        let scheme = if api.is_https { "https" } else { "http" };
        let example = if pattern.contains("://") {
            example
        } else {
            format!("{scheme}://{example}")
        };
        Some(Self {
            is_pattern,
            ..Self::new(&example)?
        })
    }

    /// Whether wildcards stand where anybody may register a name.
    pub(super) fn is_any_of_suffix(&self) -> bool {
        let wildcard = self
            .host
            .rsplit_once(ANY)
            .map(|(_, rest)| rest.trim_start_matches('.'));
        self.is_pattern && wildcard.is_some_and(|rest| rest.is_empty() || is_public_suffix(rest))
    }

    pub(super) fn is_same_origin(&self, other: &Self) -> bool {
        !self.is_pattern
            && (self.is_https, &self.host, self.port) == (other.is_https, &other.host, other.port)
    }

    /// Whether both hosts belong to one registrable domain, whatever the schemes.
    pub(super) fn is_same_domain(&self, other: &Self) -> bool {
        self.host == other.host
            || registrable(&self.host).is_some_and(|own| Some(own) == registrable(&other.host))
    }
}

/// Whether browsers take both for one site: the same scheme and the same registrable domain ("schemeful same-site").
pub(super) fn same_site(a: &Page, b: &Page) -> bool {
    a.is_https == b.is_https && a.is_same_domain(b)
}

/// The part of a host that somebody registered, if it has one.
fn registrable(host: &str) -> Option<&str> {
    if host.parse::<IpAddr>().is_ok() {
        return None;
    }
    psl::domain_str(host)
}

/// Whether anybody may have a name below `domain`.
pub(super) fn is_public_suffix(domain: &str) -> bool {
    psl::suffix_str(domain) == Some(domain)
}

/// Whether the host is this machine, which browsers trust without TLS.
pub(super) fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
