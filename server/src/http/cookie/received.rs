//! The cookies of a request.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memrchr};
use warp::http::{HeaderMap, HeaderValue, header};

use super::pieces::MAX_PIECES;
use crate::crypto::hmac::Signer;

/// The cookies of a request in the order of the `Cookie` header; of two with one name, the first counts. They are read
/// when they are asked for: most requests ask for one or two.
#[derive(Debug, Default)]
pub struct Received {
    sent: Vec<Sent>,
    /// One that counts in place of what was sent, decoded.
    replaced: Option<(String, String)>,
}

/// A `Cookie` header.
#[derive(Debug)]
enum Sent {
    /// In ASCII, read in place.
    Header(HeaderValue),
    Text(String),
}

impl Sent {
    fn new(header: &HeaderValue) -> Self {
        if header.to_str().is_ok() {
            return Self::Header(header.clone());
        }
        // Header values are bytes; like the platform of better-auth, read them as Latin-1.
        Self::Text(header.as_bytes().iter().copied().map(char::from).collect())
    }

    fn text(&self) -> &str {
        match self {
            // Cheaper than to ask each byte once more whether it can be seen.
            Self::Header(header) => str::from_utf8(header.as_bytes()).unwrap_or_default(),
            Self::Text(text) => text,
        }
    }
}

impl Received {
    /// The cookies of a request with `headers`.
    pub fn new(headers: &HeaderMap) -> Self {
        Self {
            sent: headers
                .get_all(header::COOKIE)
                .iter()
                .map(Sent::new)
                .collect(),
            replaced: None,
        }
    }

    /// The value of the cookie `name`.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((known, value)) = &self.replaced
            && known == name
        {
            return Some(Cow::Borrowed(value));
        }
        let (_, value) = self.pairs().find(|(known, _)| *known == name)?;
        Some(decode(unquote(value)))
    }

    /// The same cookies with `value` for the cookie `name`.
    #[must_use]
    pub fn with(&self, name: &str, value: String) -> Self {
        let sent = self.sent.iter().map(|sent| match sent {
            Sent::Header(header) => Sent::Header(header.clone()),
            Sent::Text(text) => Sent::Text(text.clone()),
        });
        Self {
            sent: sent.collect(),
            replaced: Some((name.to_owned(), value)),
        }
    }

    /// The signed value of the cookie `name`, if it is there and its signature is right.
    pub fn get_signed(&self, name: &str, signer: &Signer) -> Option<Cow<'_, str>> {
        let signed = self.get(name)?;
        let length = memrchr(b'.', signed.as_bytes())?;
        let (value, signature) = (signed.get(..length)?, signed.get(length + 1..)?);
        if value.is_empty() || !signer.verify(value, signature) {
            return None;
        }
        Some(match signed {
            Cow::Borrowed(signed) => Cow::Borrowed(signed.get(..length)?),
            Cow::Owned(mut signed) => {
                signed.truncate(length);
                Cow::Owned(signed)
            }
        })
    }

    /// The value of the cookie `name`, or that of the numbered pieces that it was split into.
    pub fn whole(&self, name: &str) -> Option<String> {
        if let Some(value) = self.get(name).filter(|value| !value.is_empty()) {
            return Some(value.into_owned());
        }
        let pieces = self.pieces(name);
        let mut pieces: Vec<_> = pieces
            .filter_map(|piece| Some((piece.number?, piece.value)))
            .collect();
        pieces.sort_unstable_by_key(|(number, _)| *number);
        let values = pieces.iter().map(|(_, value)| decode(unquote(value)));
        (!pieces.is_empty()).then(|| values.collect())
    }

    /// The cookie `name` and the numbered pieces (`name.0`, `name.1`, …) that a long value was split into, as far as they
    /// were sent; of two with one name, the first. A value in place of what was sent is none of them.
    pub fn pieces<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Piece<'a>> {
        // A bit for the whole cookie, and one for each number.
        let mut seen = 0_u128;
        self.pairs().filter_map(move |(known, value)| {
            let number = match known.strip_prefix(name)? {
                "" => None,
                rest => Some(piece_number(rest)?),
            };
            let bit = 1 << number.map_or(0, |number| number + 1);
            let is_new = seen & bit == 0;
            seen |= bit;
            is_new.then_some(Piece {
                name: known,
                number,
                value,
            })
        })
    }

    /// Names and values as they were sent, without the blanks around them.
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sent.iter().flat_map(|sent| Pairs(sent.text()))
    }
}

/// A cookie, or a piece of one that was split.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Piece<'a> {
    /// Its own name.
    pub name: &'a str,
    /// Its number; none of a whole cookie.
    number: Option<usize>,
    /// As it was sent.
    value: &'a str,
}

/// The pairs of a header. What follows the last `=` belongs to no cookie; what precedes a cookie's `=` up to the last `;`
/// is its name.
struct Pairs<'a>(&'a str);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.0.is_empty() {
            let (part, rest) = split(self.0, b';').unwrap_or((self.0, ""));
            self.0 = rest;
            if let Some((name, value)) = split(part, b'=') {
                return Some((trim(name), trim(value)));
            }
        }
        None
    }
}

/// Without the blanks around it: most texts have a space in front, or none.
fn trim(text: &str) -> &str {
    let text = text.strip_prefix(' ').unwrap_or(text);
    let is_visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_visible(bytes.first()) && is_visible(bytes.last()) {
        text
    } else {
        text.trim()
    }
}

/// What is before the first `byte`, an ASCII character, and what is behind it.
fn split(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = memchr(byte, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The number of a piece whose name ends in `rest`: what follows a dot, a whole number without leading zeros. A number that
/// nobody writes is none: else each would be a cookie to look for and to remove.
fn piece_number(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix('.')?;
    let is_plain = digits == "0" || digits.starts_with(|digit| matches!(digit, '1'..='9'));
    let number = digits.parse().ok().filter(|_| is_plain)?;
    (number < MAX_PIECES).then_some(number)
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
    decode_escapes(value).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// None where there are no escapes, or one that is none, or where they make no UTF-8.
fn decode_escapes(value: &str) -> Option<String> {
    let bytes = value.as_bytes();
    let mut copied = 0;
    let mut decoded = Vec::new();
    for at in memchr_iter(b'%', bytes) {
        if decoded.is_empty() {
            decoded.reserve_exact(bytes.len());
        }
        decoded.extend_from_slice(bytes.get(copied..at)?);
        let high = hexadecimal(*bytes.get(at + 1)?)?;
        let low = hexadecimal(*bytes.get(at + 2)?)?;
        decoded.push(high << 4 | low);
        copied = at + 3;
    }
    if copied == 0 {
        return None;
    }
    decoded.extend_from_slice(bytes.get(copied..)?);
    String::from_utf8(decoded).ok()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
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
        let sent = vec![Sent::Text(header.to_owned())];
        Received {
            sent,
            replaced: None,
        }
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
            assert_eq!(received(header).get(name).as_deref(), value, "{header:?}");
        }
    }

    #[test]
    fn several_headers_and_bytes_beyond_ascii_are_read() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_bytes(b"a=\xe9").unwrap());
        headers.append(header::COOKIE, HeaderValue::from_static("a=2; b=3"));
        let cookies = Received::new(&headers);
        assert_eq!(cookies.get("a").as_deref(), Some("é"));
        assert_eq!(cookies.get("b").as_deref(), Some("3"));
    }

    #[test]
    fn a_cookie_that_better_auth_signed_verifies() {
        let header =
            format!("t={TOKEN}.UKdGaXlCpxndNpX1xAaQj%2FbztAsN52nSfTrZ1%2Fh5ioQ%3D; other=1");
        let signer = Signer::new([SECRET]);
        let cookies = received(&header);
        assert_eq!(cookies.get_signed("t", &signer).as_deref(), Some(TOKEN));
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
        let cookies = received(
            "d=1; d.0=2; d.10=3; d.01=4; d.x=5; d.-1=6; de=7; x.d.0=8; d.=9; d.99=a; d.100=b; d.+1=c; d.0=d; d.00=e",
        );
        let pieces = cookies.pieces("d").map(|piece| (piece.name, piece.value));
        let expected = [("d", "1"), ("d.0", "2"), ("d.10", "3"), ("d.99", "a")];
        assert_eq!(pieces.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_split_cookie_is_put_together_in_the_order_of_its_numbers() {
        for (header, whole) in [
            ("d.10=c; d.2=b; d.0=a", Some("abc")),
            ("d=whole; d.0=a", Some("whole")),
            ("d=; d.0=a", Some("a")),
            ("d.0=%61; d.1=b; d.0=x; d.100=y", Some("ab")),
            ("d.x=a", None),
            ("d=", None),
        ] {
            assert_eq!(received(header).whole("d").as_deref(), whole, "{header}");
        }
    }

    proptest! {
        #[test]
        fn escapes_are_decoded_as_a_library_does_where_all_are_whole(value in "[a-z%0-9A-F\u{e9}]{0,40}") {
            let are_whole = value.split('%').skip(1).all(|rest| {
                rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit())
            });
            let decoded = percent_encoding::percent_decode_str(&value).decode_utf8().ok();
            let expected = decoded.filter(|_| are_whole).map_or(value.clone(), Cow::into_owned);
            prop_assert_eq!(decode(&value).into_owned(), expected);
        }

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
            let read = cookies.get_signed("t", &signer);
            prop_assert_eq!(read.as_deref(), Some(value.as_str()));
        }
    }
}
