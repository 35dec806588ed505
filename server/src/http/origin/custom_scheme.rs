//! Origins of apps with a scheme of their own (`myapp://`, `exp://192.168.*.*`).
//!
//! Split by hand: URL parsers disagree about schemes that they do not know.

use percent_encoding::percent_decode_str;
use regex::Regex;

use super::pattern::HostGlob;
use crate::http::glob::glob;

/// The parts of a URL with a scheme of its own.
pub(super) struct UriParts {
    scheme: String,
    authority: String,
    /// Decoded and without dot segments; empty for the root.
    path: String,
}

/// A pattern of such URLs.
pub(super) struct CustomSchemePattern {
    parts: UriParts,
    wildcards: Option<Wildcards>,
}

struct Wildcards {
    /// None where the pattern names no authority.
    authority: Option<HostGlob>,
    /// None where the pattern names no path.
    path: Option<Regex>,
}

impl UriParts {
    pub(super) fn new(url: &str) -> Option<Self> {
        Self::split(url, &['/', '?', '#'], &['?', '#'])
    }

    fn split(url: &str, authority_ends: &[char], path_ends: &[char]) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        if scheme.is_empty() || url.chars().any(char::is_control) {
            return None;
        }
        let (authority, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(authority_ends).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let path = rest.split(path_ends).next().unwrap_or_default();
        Some(Self {
            scheme: scheme.to_lowercase(),
            authority: authority.to_lowercase(),
            path: normalize(path),
        })
    }
}

impl CustomSchemePattern {
    /// The pattern that `text` spells, or none where it has no scheme.
    pub(super) fn new(text: &str, has_wildcard: bool) -> Result<Option<Self>, regex::Error> {
        // In a pattern, `?` is a wildcard rather than the start of a query.
        let parts = if has_wildcard {
            UriParts::split(text, &['/', '#'], &['#'])
        } else {
            UriParts::new(text)
        };
        let Some(parts) = parts else { return Ok(None) };
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let wildcards = if has_wildcard {
            Some(Wildcards {
                authority: given(&parts.authority)
                    .map(|text| HostGlob::new(&text))
                    .transpose()?,
                path: given(&parts.path).map(|text| glob(&text)).transpose()?,
            })
        } else {
            None
        };
        Ok(Some(Self { parts, wildcards }))
    }

    pub(super) fn matches(&self, url: &UriParts) -> bool {
        if self.parts.scheme != url.scheme {
            return false;
        }
        let Some(wildcards) = &self.wildcards else {
            return self.matches_exactly(url);
        };
        let path = if url.path.is_empty() { "/" } else { &url.path };
        !url.authority.contains('@')
            && wildcards
                .authority
                .as_ref()
                .is_none_or(|glob| glob.matches(&url.authority))
            && wildcards
                .path
                .as_ref()
                .is_none_or(|glob| glob.is_match(path))
    }

    fn matches_exactly(&self, url: &UriParts) -> bool {
        let Self { parts, .. } = self;
        let below = || {
            url.path
                .strip_prefix(&parts.path)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        (parts.authority.is_empty() || parts.authority == url.authority)
            && (parts.path.is_empty() || parts.path == url.path || below())
    }
}

/// Decoded and without dot segments, so that none leads out of the path that a pattern asks for.
fn normalize(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8();
    let mut segments = Vec::new();
    for segment in decoded.as_deref().unwrap_or(path).split('/') {
        match segment {
            ".." => drop(segments.pop()),
            "." | "" => {}
            other => segments.push(other),
        }
    }
    segments.iter().flat_map(|segment| ["/", segment]).collect()
}
