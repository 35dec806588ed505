//! Text as a part of a URI.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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

/// `text` as JavaScript's `encodeURIComponent` writes it.
pub fn encode_component(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, COMPONENT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::encode_component;

    #[test]
    fn a_component_is_encoded_as_javascript_does() {
        assert_eq!(
            encode_component("/a?b=c&d=ü -_.!~*'()").to_string(),
            "%2Fa%3Fb%3Dc%26d%3D%C3%BC%20-_.!~*'()"
        );
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_one_component_and_decodes_to_itself(text in ".{0,40}") {
            let encoded = encode_component(&text).to_string();
            prop_assert!(!encoded.contains(['/', '?', '#', '&', '=', '+', ';', ' ']));
            let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap();
            prop_assert_eq!(decoded, text);
        }
    }
}
