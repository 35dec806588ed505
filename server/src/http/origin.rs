//! Which origins are trusted, and the checks of a request that follow from it.

mod check;
mod custom_scheme;
mod pattern;

use url::Url;

pub use check::{ERRORS, FormCsrf, check_request};
use pattern::Pattern;

/// Stands in for the origin of a relative URL while its parts are looked at.
const NOWHERE: &str = "https://relative.invalid";

/// The origins that the settings trust, that of the server's own URL first.
pub struct TrustedOrigins(Vec<Pattern>);

impl TrustedOrigins {
    /// The server's `own` origin and those of the setting `trustedOrigins`.
    ///
    /// # Errors
    /// The first pattern that cannot be used.
    pub fn new(own: &str, patterns: &[String]) -> Result<Self, InvalidOrigin> {
        let all = std::iter::once(own).chain(patterns.iter().map(String::as_str));
        let all = all.map(|text| Pattern::new(text).map_err(|_| InvalidOrigin(text.to_owned())));
        Ok(Self(all.collect::<Result<_, _>>()?))
    }

    /// Whether `origin`, the value of a header, names a trusted origin.
    pub fn trusts_origin(&self, origin: &str) -> bool {
        !origin.starts_with('/') && self.0.iter().any(|pattern| pattern.matches(origin))
    }

    /// Whether a client may be sent to `url`: to a trusted origin, or to a path of the page it is on.
    pub fn trusts_redirect(&self, url: &str) -> bool {
        if url.starts_with('/') {
            is_safe_path(url)
        } else {
            self.trusts_origin(url)
        }
    }
}

/// A pattern of `trustedOrigins` that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("trustedOrigins: {0:?} is not a pattern of an origin")]
pub struct InvalidOrigin(String);

/// Whether every browser and router reads `url` as a path of the same origin.
fn is_safe_path(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    !url.starts_with("//")
        && !url.contains('\\')
        && !url.chars().any(char::is_control)
        && !lower.contains("%2f")
        && !lower.contains("%5c")
        && Url::parse(NOWHERE)
            .and_then(|base| base.join(url))
            .is_ok_and(|joined| joined.origin().ascii_serialization() == NOWHERE)
}

#[cfg(test)]
mod tests;
