//! A pattern of trusted origins, as better-auth reads them.

use regex::Regex;
use url::Url;

use super::custom_scheme::{CustomSchemePattern, UriParts};
use crate::http::glob::glob;

/// One entry of `trustedOrigins`.
pub(super) struct Pattern {
    text: String,
    kind: Kind,
    /// For URLs that are neither http nor https.
    custom_scheme: Option<CustomSchemePattern>,
}

enum Kind {
    /// Equal to the origin, character by character.
    Exact,
    /// A glob over the host and port of any scheme.
    Host(HostGlob),
    /// A glob over the whole origin.
    Origin { origin: Regex, host: HostGlob },
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, regex::Error> {
        let has_wildcard = text.contains(['*', '?']);
        let kind = match text.split_once("://") {
            _ if !has_wildcard => Kind::Exact,
            None => Kind::Host(HostGlob::new(text)?),
            Some((_, host)) => Kind::Origin {
                origin: glob(text)?,
                host: HostGlob::new(host)?,
            },
        };
        let custom_scheme = match kind {
            Kind::Host(_) => None,
            Kind::Exact | Kind::Origin { .. } => CustomSchemePattern::new(text, has_wildcard)?,
        };
        Ok(Self {
            text: text.to_owned(),
            kind,
            custom_scheme,
        })
    }

    /// Whether `url`, which must not be relative, lies in the origin that this pattern describes.
    pub(super) fn matches(&self, url: &str) -> bool {
        let parsed = Url::parse(url).ok();
        if let Kind::Host(glob) = &self.kind {
            return parsed
                .as_ref()
                .and_then(host_and_port)
                .is_some_and(|host| glob.matches(&host));
        }
        match &parsed {
            Some(parsed) if !matches!(parsed.scheme(), "http" | "https") => {
                let parts = UriParts::new(url);
                self.custom_scheme
                    .as_ref()
                    .zip(parts)
                    .is_some_and(|(own, url)| own.matches(&url))
            }
            Some(parsed) => self.matches_origin(&parsed.origin().ascii_serialization()),
            None => false,
        }
    }

    fn matches_origin(&self, origin: &str) -> bool {
        match &self.kind {
            Kind::Exact => self.text == origin,
            Kind::Host(_) => false,
            Kind::Origin { origin: glob, host } => {
                let authority = origin
                    .split_once("://")
                    .map_or(origin, |(_, authority)| authority);
                glob.is_match(origin) && host.admits(authority)
            }
        }
    }
}

/// The host of a URL with the port where it is not the scheme's default.
fn host_and_port(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Some(
        url.port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
    )
}

/// A glob over `host` or `host:port`.
pub(super) struct HostGlob {
    glob: Regex,
    /// The host is made of digits, dots and wildcards alone: a range of addresses, which no name may match.
    is_address_range: bool,
}

impl HostGlob {
    pub(super) fn new(pattern: &str) -> Result<Self, regex::Error> {
        let host = pattern.split(':').next().unwrap_or_default();
        let is_address_range = host.contains(|c: char| c.is_ascii_digit())
            && host
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '*' | '?' | '.'));
        Ok(Self {
            glob: glob(pattern)?,
            is_address_range,
        })
    }

    pub(super) fn matches(&self, authority: &str) -> bool {
        self.glob.is_match(authority) && self.admits(authority)
    }

    /// Whether `authority` is an IPv4 address where the pattern is a range of such.
    fn admits(&self, authority: &str) -> bool {
        let host = authority.split(':').next().unwrap_or_default();
        !self.is_address_range || host.parse::<std::net::Ipv4Addr>().is_ok()
    }
}
