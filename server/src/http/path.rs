//! The path of a request, as a URL parser sees it.

use std::borrow::Cow;

use url::Url;

/// Takes the paths of requests apart.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Starts with a slash and never ends with one.
    path: String,
    skips_trailing_slash: bool,
}

impl Mount {
    /// The API is mounted at `path`; `skips_trailing_slash` says whether routes also answer with a slash
    /// behind them.
    pub fn new(path: &str, skips_trailing_slash: bool) -> Self {
        Self {
            path: path.trim_end_matches('/').to_owned(),
            skips_trailing_slash,
        }
    }

    /// The path below the mount, or the whole path outside of it, without slashes at its end: how the setting
    /// `disabledPaths` names paths. `resolved` comes from [`resolve`].
    pub fn name<'a>(&self, resolved: &'a str) -> &'a str {
        let path = resolved.trim_end_matches('/');
        let below = path
            .strip_prefix(&self.path)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let name = below.unwrap_or(path);
        if name.is_empty() { "/" } else { name }
    }

    /// The whole path of the route at `path`.
    pub fn path_of(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }

    /// The path of a route that `resolved` may name, or none if it cannot name any.
    pub fn route_path<'a>(&self, resolved: &'a str) -> Option<&'a str> {
        let path = resolved
            .strip_prefix(&self.path)
            .filter(|path| path.starts_with('/'))?;
        if path.as_bytes().windows(2).any(|pair| pair == b"//") {
            return None;
        }
        match path.strip_suffix('/') {
            Some(path) => self.skips_trailing_slash.then_some(path),
            None => Some(path),
        }
    }
}

/// `path` with its dot segments resolved and backslashes turned, which is what a URL parser makes of it;
/// nothing else is decoded.
pub fn resolve(path: &str) -> Cow<'_, str> {
    let mut previous = 0;
    let is_plain = path.bytes().all(|byte| {
        let begins_dots = previous == b'/' && byte == b'.';
        previous = byte;
        byte.is_ascii() && !begins_dots && byte != b'\\' && byte != b'%'
    });
    if is_plain {
        return Cow::Borrowed(path);
    }
    Url::parse(&format!("http://localhost{path}"))
        .map_or(Cow::Borrowed(path), |url| Cow::Owned(url.path().to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn route_path(path: &str, skips_trailing_slash: bool) -> Option<String> {
        let mount = Mount::new("/api/auth", skips_trailing_slash);
        mount.route_path(&resolve(path)).map(str::to_owned)
    }

    #[test]
    fn only_a_path_below_the_mount_names_a_route() {
        for (path, expected) in [
            ("/api/auth/ok", Some("/ok")),
            ("/api/auth/sign-in/email", Some("/sign-in/email")),
            ("/api/auth", None),
            ("/api/auth/", None),
            ("/api/authok", None),
            ("/api/auth//ok", None),
            ("//api/auth/ok", None),
            ("/api/auth/sign-in//email", None),
            ("/api/auth/ok/", None),
            ("/ok", None),
            ("*", None),
        ] {
            assert_eq!(route_path(path, false).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn dot_segments_are_resolved_and_nothing_else_is_decoded() {
        for (path, expected) in [
            ("/api/auth/./ok", Some("/ok")),
            ("/api/auth/x/../ok", Some("/ok")),
            ("/api/auth/%2e/ok", Some("/ok")),
            ("/api/auth/x/%2E%2e/ok", Some("/ok")),
            ("/api\\auth\\ok", Some("/ok")),
            ("/api/auth/../auth/ok", Some("/ok")),
            ("/api/auth/../ok", None),
            ("/api/auth/%6fk", Some("/%6fk")),
            ("/api/auth/sign-in%2femail", Some("/sign-in%2femail")),
            ("/api/auth/ok;x", Some("/ok;x")),
        ] {
            assert_eq!(route_path(path, false).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn one_trailing_slash_is_skipped_on_request() {
        for (path, expected) in [
            ("/api/auth/ok/", Some("/ok")),
            ("/api/auth/ok//", None),
            ("/api/auth/", Some("")),
        ] {
            assert_eq!(route_path(path, true).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_path_is_named_below_the_mount_and_without_slashes_at_its_end() {
        let mount = Mount::new("/api/auth", false);
        for (path, expected) in [
            ("/api/auth/ok", "/ok"),
            ("/api/auth/ok//", "/ok"),
            ("/api/auth", "/"),
            ("/elsewhere", "/elsewhere"),
            ("/api/authok", "/api/authok"),
            ("/", "/"),
        ] {
            assert_eq!(mount.name(path), expected);
        }
    }

    proptest! {
        #[test]
        fn any_path_is_resolved_without_harm_and_once_is_enough(path in "/[/.%2eE a-c]{0,24}") {
            let once = resolve(&path).into_owned();
            prop_assert!(once.starts_with('/'));
            prop_assert_eq!(resolve(&once).into_owned(), once);
        }
    }
}
