//! The cookies of a request.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use warp::http::{HeaderMap, header};

use crate::crypto::hmac::Signer;

/// The cookies of a request in the order of the `Cookie` header; of two with one name, the first counts.
#[derive(Debug, Default)]
pub struct Received(Vec<(String, String)>);

impl Received {
    /// The cookies of a request with `headers`.
    pub fn new(headers: &HeaderMap) -> Self {
        let mut cookies = Self::default();
        for header in headers.get_all(header::COOKIE) {
            match header.to_str() {
                Ok(text) => cookies.parse(text),
                // Header values are bytes; like the platform of better-auth, read them as Latin-1.
                Err(_) => cookies.parse(
                    &header
                        .as_bytes()
                        .iter()
                        .copied()
                        .map(char::from)
                        .collect::<String>(),
                ),
            }
        }
        cookies
    }

    fn parse(&mut self, header: &str) {
        // What follows the last `=` belongs to no cookie; what precedes a cookie's `=` up to the last `;`
        // is its name.
        for part in header.split(';') {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let name = name.trim();
            if self.get(name).is_none() {
                self.0
                    .push((name.to_owned(), decode(unquote(value.trim())).into_owned()));
            }
        }
    }

    /// The value of the cookie `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The same cookies with `value` for the cookie `name`.
    #[must_use]
    pub fn with(&self, name: &str, value: String) -> Self {
        let others = self.0.iter().filter(|(known, _)| known != name).cloned();
        Self(others.chain([(name.to_owned(), value)]).collect())
    }

    /// The signed value of the cookie `name`, if it is there and its signature is right.
    pub fn get_signed(&self, name: &str, signer: &Signer) -> Option<&str> {
        let (value, signature) = self.get(name)?.rsplit_once('.')?;
        (!value.is_empty() && signer.verify(value, signature)).then_some(value)
    }

    /// The value of the cookie `name`, or that of the numbered pieces that it was split into.
    pub fn whole(&self, name: &str) -> Option<String> {
        if let Some(value) = self.get(name).filter(|value| !value.is_empty()) {
            return Some(value.to_owned());
        }
        let mut pieces: Vec<_> = self
            .0
            .iter()
            .filter_map(|(known, value)| Some((piece_number(known, name)?, value.as_str())))
            .collect();
        pieces.sort_unstable_by_key(|(number, _)| *number);
        (!pieces.is_empty()).then(|| pieces.into_iter().map(|(_, value)| value).collect())
    }

    /// The names of the cookie `name` and of the numbered pieces (`name.0`, `name.1`, …) that a long value was
    /// split into, as far as they were sent.
    pub fn pieces<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .map(|(known, _)| known.as_str())
            .filter(move |known| *known == name || piece_number(known, name).is_some())
    }
}

/// The number of the piece `known` of the cookie `name`: what follows a dot, a whole number without leading zeros.
fn piece_number(known: &str, name: &str) -> Option<u32> {
    let digits = known.strip_prefix(name)?.strip_prefix('.')?;
    let number: u32 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// Without the quotes around it, if it begins with one.
fn unquote(value: &str) -> &str {
    let Some(rest) = value.strip_prefix('"') else {
        return value;
    };
    let mut rest = rest.chars();
    rest.next_back();
    rest.as_str()
}

/// Percent-decoded as JavaScript's `decodeURIComponent` does; as it is where that fails.
fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') || !has_whole_escapes(value) {
        return Cow::Borrowed(value);
    }
    percent_decode_str(value)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(value))
}

fn has_whole_escapes(value: &str) -> bool {
    value.split('%').skip(1).all(|rest| {
        rest.as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use warp::http::HeaderValue;

    use super::{super::serialize, *};
    use crate::http::cookie::Attributes;

    const SECRET: &str = "0123456789abcdef0123456789abcdefXYZ";
    const TOKEN: &str = "FPMr1ltEtvHX6SWALRDRGg6vrekKiwLH";

    fn received(header: &str) -> Received {
        let mut cookies = Received::default();
        cookies.parse(header);
        cookies
    }

    #[test]
    fn cookies_are_read_as_better_auth_does() {
        let cases = [
            ("a=1", "a", Some("1")),
            ("a=1;b=2", "b", Some("2")),
            ("  a = 1 ; b=2", "a", Some("1")),
            ("a=1; a=2", "a", Some("1")),
            ("a=", "a", Some("")),
            ("a=b=c", "a", Some("b=c")),
            ("a=\"quoted\"", "a", Some("quoted")),
            ("a=\"open", "a", Some("ope")),
            ("a=\"", "a", Some("")),
            ("a=%41%20", "a", Some("A ")),
            ("a=%zz%41", "a", Some("%zz%41")),
            ("a=%4", "a", Some("%4")),
            ("a=%ff", "a", Some("%ff")),
            ("a", "a", None),
            ("flag; a=1", "a", Some("1")),
            ("A=1", "a", None),
            ("=1; a=2", "a", Some("2")),
            ("", "a", None),
        ];
        for (header, name, value) in cases {
            assert_eq!(received(header).get(name), value, "{header:?}");
        }
    }

    #[test]
    fn several_headers_and_bytes_beyond_ascii_are_read() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_bytes(b"a=\xe9").unwrap());
        headers.append(header::COOKIE, HeaderValue::from_static("a=2; b=3"));
        let cookies = Received::new(&headers);
        assert_eq!((cookies.get("a"), cookies.get("b")), (Some("é"), Some("3")));
    }

    #[test]
    fn a_cookie_that_better_auth_signed_verifies() {
        let header =
            format!("t={TOKEN}.UKdGaXlCpxndNpX1xAaQj%2FbztAsN52nSfTrZ1%2Fh5ioQ%3D; other=1");
        let signer = Signer::new([SECRET]);
        assert_eq!(received(&header).get_signed("t", &signer), Some(TOKEN));
    }

    #[test]
    fn a_cookie_without_a_right_signature_counts_as_absent() {
        let signature = "UKdGaXlCpxndNpX1xAaQj%2FbztAsN52nSfTrZ1%2Fh5ioQ%3D";
        let values = [
            TOKEN.to_owned(),
            String::new(),
            format!(".{signature}"),
            format!("X{}.{signature}", &TOKEN[1..]),
            format!("{TOKEN}.{}", signature.trim_end_matches("%3D")),
            format!("{TOKEN}.{}", &signature[1..]),
            format!("{TOKEN}. {signature}"),
        ];
        for value in values {
            let cookies = received(&format!("t={value}"));
            assert_eq!(
                cookies.get_signed("t", &Signer::new([SECRET])),
                None,
                "{value}"
            );
        }
    }

    #[test]
    fn the_pieces_of_a_split_cookie_are_found_and_nothing_else() {
        let cookies = received("d=1; d.0=2; d.10=3; d.01=4; d.x=5; d.-1=6; de=7; x.d.0=8; d.=9");
        assert_eq!(
            cookies.pieces("d").collect::<Vec<_>>(),
            ["d", "d.0", "d.10"]
        );
    }

    #[test]
    fn a_split_cookie_is_put_together_in_the_order_of_its_numbers() {
        for (header, whole) in [
            ("d.10=c; d.2=b; d.0=a", Some("abc")),
            ("d=whole; d.0=a", Some("whole")),
            ("d=; d.0=a", Some("a")),
            ("d.x=a", None),
            ("d=", None),
        ] {
            assert_eq!(received(header).whole("d").as_deref(), whole, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_harm(header in any::<Vec<u8>>()) {
            if let Ok(value) = HeaderValue::from_bytes(&header) {
                let mut headers = HeaderMap::new();
                headers.insert(header::COOKIE, value);
                Received::new(&headers).get_signed("a", &Signer::new([SECRET]));
            }
        }

        #[test]
        fn a_signed_value_survives_the_round_trip(value in ".+") {
            let signer = Signer::new([SECRET]);
            let signed = format!("{value}.{}", signer.sign(&value));
            let cookies = received(&format!("x=y; {}", serialize("t", &signed, &Attributes::default())));
            prop_assert_eq!(cookies.get_signed("t", &signer), Some(value.as_str()));
        }
    }
}
