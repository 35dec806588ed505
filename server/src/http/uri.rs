//! Text as a URI or a part of one.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What JavaScript's `encodeURIComponent` leaves alone: letters, digits and `-_.!~*'()`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What stands nowhere in a URI (RFC 3986, section 2). Where a `%` may stand is decided apart.
const EXCLUDED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What stands in none but an authority, and what begins a fragment.
const EXCLUDED_FROM_PARTS: &AsciiSet = &EXCLUDED.add(b'[').add(b']').add(b'#');

/// What stands in no name of a user: browsers end it at the last `@`.
const EXCLUDED_FROM_USER: &AsciiSet = &EXCLUDED_FROM_PARTS.add(b'@');

/// `text` as JavaScript's `encodeURIComponent` writes it.
pub fn encode_component(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, COMPONENT)
}

/// The URI reference (RFC 3986, section 4.1) by which a browser reaches the same place as by `text`, which may hold
/// what a URI cannot. Browsers forgive that, as the URL standard says how (whatwg.org); other clients do not, or read a
/// `\` differently.
pub fn reference(text: &str) -> String {
    let text = text.trim_matches(|character| character <= ' ');
    let text = text.replace(['\t', '\r', '\n'], "");
    let (hierarchy, rest) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let scheme = scheme(hierarchy);
    let hierarchy = if scheme.is_none_or(is_special) {
        hierarchy.replace('\\', "/")
    } else {
        hierarchy.to_owned()
    };
    let start = scheme.map_or(0, |scheme| scheme.len() + 1);
    let authority = hierarchy.split_at(start).1.strip_prefix("//");
    let path = authority.map_or(start, |authority| {
        start + 2 + authority.find('/').unwrap_or(authority.len())
    });
    let (authority, path) = hierarchy.split_at(path);
    let (query, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let mut written = String::with_capacity(text.len());
    let host = authority.rfind('@').unwrap_or(0);
    let (user, host) = authority.split_at(host);
    encode(&mut written, user, EXCLUDED_FROM_USER);
    encode(&mut written, host, EXCLUDED);
    encode(&mut written, path, EXCLUDED_FROM_PARTS);
    encode(&mut written, query, EXCLUDED_FROM_PARTS);
    if let Some(fragment) = fragment.strip_prefix('#') {
        written.push('#');
        encode(&mut written, fragment, EXCLUDED_FROM_PARTS);
    }
    written
}

/// The scheme of `text` where it has one.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    (is_scheme && scheme.bytes().all(rest)).then_some(scheme)
}

/// Whether browsers read `\` as `/` in URLs of this scheme, or in those that are relative to one.
fn is_special(scheme: &str) -> bool {
    ["http", "https", "ws", "wss", "ftp", "file"]
        .iter()
        .any(|special| scheme.eq_ignore_ascii_case(special))
}

/// Adds `text` with all of `excluded`, all beyond ASCII, and each `%` that begins no triplet percent-encoded as UTF-8.
fn encode(written: &mut String, text: &str, excluded: &'static AsciiSet) {
    for (number, piece) in text.split('%').enumerate() {
        if number > 0 {
            let is_triplet = piece
                .as_bytes()
                .first_chunk::<2>()
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            written.push_str(if is_triplet { "%" } else { "%25" });
        }
        written.extend(utf8_percent_encode(piece, excluded));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use regex::Regex;
    use url::Url;

    use super::*;

    #[test]
    fn a_component_is_encoded_as_javascript_does() {
        assert_eq!(
            encode_component("/a?b=c&d=ü -_.!~*'()").to_string(),
            "%2Fa%3Fb%3Dc%26d%3D%C3%BC%20-_.!~*'()"
        );
    }

    #[test]
    fn a_reference_is_left_as_it_is() {
        for text in [
            "/",
            "/a?b=c#d",
            "/a/../b;c=d,e!$&'()*+=:@~-._",
            "/%C3%bc?x=%2F%2fevil&y=/?:@",
            "https://user:pw@app.example:8443/a?b#c",
            "http://[::1]:8100/a",
            "myapp://done/a?b",
            "myapp:done",
            "",
        ] {
            assert_eq!(reference(text), text);
        }
    }

    #[test]
    fn what_a_uri_cannot_hold_is_percent_encoded() {
        for (text, expected) in [
            ("/ü?ü#ü", "/%C3%BC?%C3%BC#%C3%BC"),
            (" /a b\u{2028} ", "/a%20b%E2%80%A8"),
            ("/\"<>^`{|}", "/%22%3C%3E%5E%60%7B%7C%7D"),
            ("/%zz%4?%", "/%25zz%254?%25"),
            ("/[a]?[b]#[c]#", "/%5Ba%5D?%5Bb%5D#%5Bc%5D%23"),
            ("/a\u{0}\u{7f}", "/a%00%7F"),
            ("https://ü.example", "https://%C3%BC.example"),
            ("https://[a@b@[::1]/", "https://%5Ba%40b@[::1]/"),
            ("myapp:a\\b", "myapp:a%5Cb"),
        ] {
            assert_eq!(reference(text), expected, "{text}");
        }
    }

    #[test]
    fn what_browsers_leave_out_or_read_differently_is_written_as_they_read_it() {
        for (text, expected) in [
            ("/a\tb\r\nc", "/abc"),
            (
                "https://app.example\\a\\b?\\",
                "https://app.example/a/b?%5C",
            ),
            (
                "HTTPS:\\\\app.example\\@evil.example",
                "HTTPS://app.example/@evil.example",
            ),
        ] {
            assert_eq!(reference(text), expected, "{text}");
        }
    }

    /// The grammar of RFC 3986, appendix A; of IP literals only their characters.
    static GRAMMAR: LazyLock<Regex> = LazyLock::new(|| {
        let character = r"[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}";
        let authority =
            format!(r"(?:(?:{character}|:)*@)?(?:\[[0-9A-Fa-f:.]+\]|(?:{character})*)(?::[0-9]*)?");
        let path = format!("(?:{character}|[:@/])*");
        let query = format!("(?:{character}|[:@/?])*");
        let scheme = "(?:[A-Za-z][A-Za-z0-9+.-]*:)?";
        Regex::new(&format!(
            r"^{scheme}(?://{authority}(?:/{path})?|{path})(?:\?{query})?(?:#{query})?$"
        ))
        .unwrap()
    });

    /// Whether an origin's host is of the characters that hosts are of.
    fn is_usual(origin: &str) -> bool {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_some_and(|host| {
            let usual = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:[]-".contains(&byte)
            };
            !host.is_empty() && host.bytes().all(usual)
        })
    }

    /// Where a browser is that follows `text` from a page of `app.example`: the origin, and the rest decoded.
    fn place(text: &str) -> Option<(String, [Vec<u8>; 3])> {
        let url = Url::parse("https://app.example/")
            .unwrap()
            .join(text)
            .ok()?;
        let parts = [Some(url.path()), url.query(), url.fragment()];
        let parts = parts.map(|part| percent_decode_str(part.unwrap_or_default()).collect());
        Some((url.origin().ascii_serialization(), parts))
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_one_component_and_decodes_to_itself(text in ".{0,40}") {
            let encoded = encode_component(&text).to_string();
            prop_assert!(!encoded.contains(['/', '?', '#', '&', '=', '+', ';', ' ']));
            let decoded = percent_decode_str(&encoded).decode_utf8().unwrap();
            prop_assert_eq!(decoded, text);
        }

        #[test]
        fn every_text_becomes_a_reference_to_the_same_place(
            start in prop::sample::select(vec![
                "/", "https://app.example", "http://[::1]:8100", "https://ü@app.example:1/", "", "//app.example",
            ]),
            rest in r"([/?#\\%\[\]{}|^` \t\nüé]|\.|[a-z0-9]|\PC){0,24}",
        ) {
            let text = format!("{start}{rest}");
            // Of other hosts nobody has a trusted origin, and libraries disagree on them.
            prop_assume!(place(&text).is_some_and(|(origin, _)| is_usual(&origin)));
            let written = reference(&text);
            // To browsers three slashes begin an authority as two do; the crate finds an empty one.
            prop_assume!(!written.starts_with("///"));
            prop_assert!(written.is_ascii());
            prop_assert_eq!(place(&written), place(&text), "{}", written);
            if !start.is_empty() {
                prop_assert!(GRAMMAR.is_match(&written), "{}", written);
            }
            prop_assert_eq!(reference(&written), written.clone());
        }
    }
}
