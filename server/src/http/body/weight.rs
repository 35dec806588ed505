//! What the values of a body take in memory, told by its text: values that are written in two bytes take a hundred times that.

use memchr::{memchr_iter, memchr2};

use crate::http::content_type::Format;

/// Bytes of an object: room for eleven members is made at once.
const OBJECT: usize = 656;

/// Bytes of a value in an array or of a member of an object, besides their text.
const VALUE: usize = 208;

/// The bytes that the values of `body` take at most.
pub(super) fn of(format: Format, body: &[u8]) -> usize {
    // Each byte that is no UTF-8 becomes a character of three.
    let growth = if str::from_utf8(body).is_ok() { 1 } else { 3 };
    let values = match format {
        Format::Json => of_json(body),
        Format::Form => OBJECT + VALUE * (1 + memchr_iter(b'&', body).count()),
    };
    values + growth * body.len()
}

/// Besides the texts.
fn of_json(body: &[u8]) -> usize {
    let mut weight = 0;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' => weight += OBJECT,
            b'[' | b',' => weight += VALUE,
            b'"' => bytes = after_string(bytes.as_slice()).iter(),
            _ => {}
        }
    }
    weight
}

/// What follows a string, whose first quote is not in `body`.
fn after_string(mut body: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', body) {
        let is_end = body.get(at) == Some(&b'"');
        let length = if is_end { 1 } else { 2 };
        body = body.get(at + length..).unwrap_or_default();
        if is_end {
            return body;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// What the standard library allocates for a value: each block has sixteen bytes more, and no less than thirty-two.
    fn size(value: &Value) -> usize {
        let block = |bytes: usize| if bytes == 0 { 0 } else { (bytes + 16).max(32) };
        match value {
            Value::String(text) => block(text.capacity()),
            Value::Array(values) => {
                block(values.capacity() * size_of::<Value>())
                    + values.iter().map(size).sum::<usize>()
            }
            // A leaf has room for eleven members and at least five of them, unless it is the only one; a twelfth of its size more for the nodes above.
            Value::Object(members) => {
                let leaf = 11 * (size_of::<String>() + size_of::<Value>()) + 16;
                let leaves = members.len().div_ceil(5).min(members.len());
                let leaves = if members.len() <= 11 {
                    leaves.min(1)
                } else {
                    leaves
                };
                let texts = members.iter();
                leaves * (block(leaf) + leaf / 12)
                    + texts
                        .map(|(name, value)| block(name.len()) + size(value))
                        .sum::<usize>()
            }
            _ => 0,
        }
    }

    #[test]
    fn values_take_no_more_than_is_told_of_their_text() {
        let many = |value: &Value| Value::Array(vec![value.clone(); 1000]);
        let object: serde_json::Map<_, _> = (0..1000)
            .map(|number| (number.to_string(), json!("a")))
            .collect();
        for value in [
            many(&json!({ "": 0 })),
            many(&json!({})),
            many(&json!([])),
            many(&json!([[0]])),
            many(&json!(0)),
            many(&json!("a")),
            many(&json!({ "a": "b", "c": ["d"] })),
            Value::Object(object),
        ] {
            let text = value.to_string();
            let value: Value = serde_json::from_str(&text).unwrap();
            let told = of(Format::Json, text.as_bytes());
            assert!(
                size(&value) <= told,
                "{} > {told}: {}",
                size(&value),
                &text[..40]
            );
        }
    }

    #[test]
    fn a_picture_weighs_little_more_than_its_text() {
        let picture = format!("data:image/svg+xml,{}", "M0,0{[".repeat(10_000));
        let text = json!({ "image": picture, "name": "a \"quoted\" \\ name" }).to_string();
        let told = of(Format::Json, text.as_bytes());
        assert!(told < text.len() + 1000, "{told}");
    }

    #[test]
    fn each_field_of_a_form_counts() {
        assert_eq!(of(Format::Form, b"a=1&b=2"), 7 + OBJECT + 2 * VALUE);
    }

    proptest! {
        #[test]
        fn any_bytes_are_weighed(body in any::<Vec<u8>>()) {
            prop_assert!(of(Format::Json, &body) >= body.len());
        }
    }
}
