//! Cookies: read, signed and written byte for byte as better-auth does.

mod jar;
mod names;
mod pieces;
mod received;

use std::fmt::Write as _;

use authbackend_crds::auth::SameSite;

use super::uri::encode_component;
pub use jar::{Jar, Remember};
pub use names::{Cookie, Cookies};
pub use received::Received;

/// Attributes of a cookie.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attributes {
    /// `Max-Age` in seconds; without it the cookie lives until the browser closes.
    pub max_age: Option<u32>,
    /// `Domain`; without it only the host that set the cookie gets it back.
    pub domain: Option<String>,
    /// `Path`.
    pub path: Option<String>,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `Secure`.
    pub secure: bool,
    /// `SameSite`.
    pub same_site: Option<SameSite>,
    /// `Partitioned`.
    pub partitioned: bool,
}

/// The value of a `Set-Cookie` header; `value` is percent-encoded here.
pub fn serialize(name: &str, value: &str, attributes: &Attributes) -> String {
    let attributes = enforce_prefix(name, attributes.clone());
    let mut cookie = format!("{name}={}", encode_component(value));
    if let Some(seconds) = attributes.max_age {
        // Writing to a String does not fail.
        let _ = write!(cookie, "; Max-Age={seconds}");
    }
    if let Some(domain) = attributes.domain.filter(|domain| !domain.is_empty()) {
        let _ = write!(cookie, "; Domain={domain}");
    }
    if let Some(path) = attributes.path.filter(|path| !path.is_empty()) {
        let _ = write!(cookie, "; Path={path}");
    }
    if attributes.http_only {
        cookie.push_str("; HttpOnly");
    }
    if attributes.secure {
        cookie.push_str("; Secure");
    }
    cookie.push_str(match attributes.same_site {
        Some(SameSite::Strict) => "; SameSite=Strict",
        Some(SameSite::Lax) => "; SameSite=Lax",
        Some(SameSite::None) => "; SameSite=None",
        None => "",
    });
    if attributes.partitioned {
        cookie.push_str("; Partitioned");
    }
    cookie
}

/// What browsers ask of cookies with a name prefix (RFC 6265bis, section 4.1.3) and of third-party cookies.
fn enforce_prefix(name: &str, mut attributes: Attributes) -> Attributes {
    let name = name.to_ascii_lowercase();
    if name.starts_with("__host-") {
        attributes.secure = true;
        attributes.path = Some("/".to_owned());
        attributes.domain = None;
    } else if name.starts_with("__secure-") {
        attributes.secure = true;
    }
    if attributes.partitioned || attributes.same_site == Some(SameSite::None) {
        attributes.secure = true;
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lax() -> Attributes {
        Attributes {
            path: Some("/".to_owned()),
            http_only: true,
            same_site: Some(SameSite::Lax),
            ..Attributes::default()
        }
    }

    #[test]
    fn attributes_come_in_the_order_of_better_auth() {
        let attributes = Attributes {
            max_age: Some(604_800),
            domain: Some(".example.com".to_owned()),
            secure: true,
            partitioned: true,
            ..lax()
        };
        assert_eq!(
            serialize("__Secure-better-auth.session_token", "value", &attributes),
            "__Secure-better-auth.session_token=value; Max-Age=604800; Domain=.example.com; Path=/; \
             HttpOnly; Secure; SameSite=Lax; Partitioned"
        );
    }

    #[test]
    fn a_cookie_without_attributes_is_its_name_and_value() {
        assert_eq!(serialize("a", "", &Attributes::default()), "a=");
    }

    #[test]
    fn values_are_encoded_as_encode_uri_component_does() {
        let encoded = serialize("a", "a.b/c+d=e:f!'()*~_-;é", &Attributes::default());
        assert_eq!(encoded, "a=a.b%2Fc%2Bd%3De%3Af!'()*~_-%3B%C3%A9");
    }

    #[test]
    fn name_prefixes_and_third_party_cookies_force_their_attributes() {
        let domain = || Some("example.com".to_owned());
        let cases = [
            ("__Secure-a", Attributes::default(), "__Secure-a=; Secure"),
            (
                "__Host-a",
                Attributes {
                    domain: domain(),
                    path: Some("/x".to_owned()),
                    ..Attributes::default()
                },
                "__Host-a=; Path=/; Secure",
            ),
            (
                "a",
                Attributes {
                    same_site: Some(SameSite::None),
                    ..Attributes::default()
                },
                "a=; Secure; SameSite=None",
            ),
            (
                "a",
                Attributes {
                    partitioned: true,
                    ..Attributes::default()
                },
                "a=; Secure; Partitioned",
            ),
        ];
        for (name, attributes, expected) in cases {
            assert_eq!(serialize(name, "", &attributes), expected);
        }
    }
}
