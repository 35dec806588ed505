//! Values that are too long for one cookie.

use super::{Attributes, serialize};

/// Bytes of a cookie with its name and attributes: a little less than the 4093 that Safari keeps.
const MAX_SIZE: usize = 4050;

/// A value in more pieces than this does not belong into cookies.
pub(super) const MAX_PIECES: usize = 100;

/// The cookies that hold `value`, which is ASCII and needs no encoding: `name` itself, or `name.0`, `name.1` … of equal
/// size where it is too long; none where it is far too long.
pub(super) fn split<'a>(
    name: &str,
    value: &'a str,
    attributes: &Attributes,
) -> Vec<(String, &'a str)> {
    let overhead = serialize(&format!("{name}.99"), "", attributes).len();
    let size = MAX_SIZE.saturating_sub(overhead);
    if size == 0 || value.len() > size.saturating_mul(MAX_PIECES) {
        return Vec::new();
    }
    if value.len() <= size {
        return vec![(name.to_owned(), value)];
    }
    let mut rest = value;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let Some((piece, after)) = rest.split_at_checked(size.min(rest.len())) else {
            return Vec::new();
        };
        pieces.push((format!("{name}.{}", pieces.len()), piece));
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `d.99=` and no attributes: 4045 bytes are left for the value.
    fn names(length: usize) -> Vec<String> {
        let value = "x".repeat(length);
        split("d", &value, &Attributes::default())
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn a_value_is_split_when_one_cookie_cannot_hold_it() {
        assert_eq!(names(0), ["d"]);
        assert_eq!(names(4045), ["d"]);
        assert_eq!(names(4046), ["d.0", "d.1"]);
        assert_eq!(names(2 * 4045 + 1), ["d.0", "d.1", "d.2"]);
    }

    #[test]
    fn a_value_for_more_than_a_hundred_cookies_is_not_kept() {
        assert_eq!(names(100 * 4045).len(), 100);
        assert!(names(100 * 4045 + 1).is_empty());
        let domain = Some("d".repeat(5000));
        let attributes = Attributes {
            domain,
            ..Attributes::default()
        };
        assert!(split("d", "x", &attributes).is_empty());
    }

    proptest! {
        #[test]
        fn no_cookie_is_too_long_and_the_pieces_are_the_value(
            name in "[a-z.]{1,60}",
            length in 0_usize..20_000,
        ) {
            let value = "y".repeat(length);
            let attributes = Attributes { max_age: Some(300), http_only: true, ..Attributes::default() };
            let pieces = split(&name, &value, &attributes);
            for (name, value) in &pieces {
                prop_assert!(serialize(name, value, &attributes).len() <= MAX_SIZE);
            }
            let whole: String = pieces.iter().map(|(_, value)| *value).collect();
            prop_assert_eq!(whole, value);
        }
    }
}
