//! `AUTH_BASE_URL`: where clients reach the API.

use url::Url;

/// better-auth mounts the API here when its base URL has no path.
const DEFAULT_MOUNT_PATH: &str = "/api/auth";

/// The public URL of the API, split into what cookies, origins and routes need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    url: String,
    origin: String,
    secure: bool,
}

impl BaseUrl {
    /// Parses an http(s) URL without credentials, query, fragment and trailing slash. Its path is where the API is
    /// mounted; without one, `/api/auth`. The error says what the value must be and never repeats it, because
    /// a URL may carry a password.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "must be a URL such as https://shop.example/api")?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("must start with http:// or https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not contain credentials");
        }
        // A bare `?` or `#` is an empty query or fragment.
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must have no query and no fragment");
        }
        if text.ends_with('/') {
            return Err("must not end with a slash");
        }
        if text
            .chars()
            .any(|character| character.is_whitespace() || character.is_control())
        {
            return Err("must not contain spaces or control characters");
        }
        if text.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err("must have no . or .. in its path");
        }
        let origin = url.origin().ascii_serialization();
        let path = match url.path() {
            "/" => DEFAULT_MOUNT_PATH,
            // What an encoded dot segment leaves behind.
            path if path.ends_with('/') => return Err("must have no . or .. in its path"),
            path if path.contains("//") => return Err("must not have empty path segments"),
            path => path,
        };
        Ok(Self {
            secure: url.scheme() == "https",
            url: format!("{origin}{path}"),
            origin,
        })
    }

    /// The whole URL, for example `https://shop.example/api/auth`; never ends with a slash.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port (unless it is the scheme's own), for example `https://shop.example`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Host without port, for example `shop.example`; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let authority = self
            .origin
            .split_once("://")
            .map_or(self.origin.as_str(), |(_, authority)| authority);
        match authority.strip_prefix('[') {
            Some(address) => address.split(']').next().unwrap_or(address),
            None => authority.split(':').next().unwrap_or(authority),
        }
    }

    /// The path under which the API answers, for example `/api/auth`; starts with a slash and never ends with one.
    pub fn mount_path(&self) -> &str {
        self.url.get(self.origin.len()..).unwrap_or_default()
    }

    /// Whether clients reach the API over TLS, which decides whether cookies are `Secure`.
    pub fn is_https(&self) -> bool {
        self.secure
    }
}

#[cfg(test)]
mod tests;
