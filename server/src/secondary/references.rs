//! The list of a user's sessions, under `active-sessions-<user id>`: tokens and when they end, the first to end first.

use serde_json::{Value, json};

use super::{document::parse_milliseconds, seconds_left, storage::Kept};

/// A session in the list of its user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Reference {
    pub(super) token: String,
    /// Milliseconds since 1970.
    pub(super) ends: i64,
}

/// Under which key the list of a user is.
pub(super) fn key(user_id: &str) -> String {
    format!("active-sessions-{user_id}")
}

/// Reads a list; what in it is no session is left out, and what is no list is an empty one.
pub(super) fn parse(text: Option<&str>) -> Vec<Reference> {
    let list = text.and_then(|text| serde_json::from_str(text).ok());
    let Some(Value::Array(list)) = list else {
        return Vec::new();
    };
    let references = list.iter().filter_map(|item| {
        Some(Reference {
            token: item.get("token")?.as_str()?.to_owned(),
            ends: parse_milliseconds(item.get("expiresAt")?)?,
        })
    });
    references.collect()
}

/// The list as it is kept until its last session ends; none where that has been.
pub(super) fn kept(mut references: Vec<Reference>, now: i64) -> Option<Kept> {
    references.sort_by_key(|reference| reference.ends);
    let seconds = seconds_left(references.last()?.ends, now)?;
    let list: Vec<_> = references
        .iter()
        .map(|Reference { token, ends }| json!({ "token": token, "expiresAt": ends }))
        .collect();
    Some(Kept {
        value: Value::Array(list).to_string(),
        seconds,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_of_better_auth_is_read() {
        let text = r#"[{"token":"a","expiresAt":1768046400000},{"token":"b","expiresAt":1768046400001.5}]"#;
        let expected =
            [("a", 1_768_046_400_000), ("b", 1_768_046_400_001)].map(|(token, ends)| Reference {
                token: token.to_owned(),
                ends,
            });
        assert_eq!(parse(Some(text)), expected);
    }

    #[test]
    fn what_is_no_session_is_left_out_and_what_is_no_list_is_empty() {
        for (text, count) in [
            (
                r#"[{"token":"a"},{"expiresAt":1},null,5,{"token":1,"expiresAt":1}]"#,
                0,
            ),
            (
                r#"[{"token":"a","expiresAt":"2026-01-02T03:04:05.678Z"}]"#,
                1,
            ),
            (r#"[{"token":"a","expiresAt":1e300}]"#, 0),
            ("{}", 0),
            ("null", 0),
            ("[", 0),
            ("", 0),
        ] {
            assert_eq!(parse(Some(text)).len(), count, "{text}");
        }
    }

    #[test]
    fn a_list_is_kept_as_long_as_its_last_session_and_not_without_one() {
        let reference = |ends| Reference {
            token: "t".to_owned(),
            ends,
        };
        let list = kept(vec![reference(9_999), reference(5_000)], 1_000).unwrap();
        assert_eq!(list.seconds, 8);
        assert_eq!(
            parse(Some(&list.value)),
            [reference(5_000), reference(9_999)]
        );
        assert!(kept(vec![reference(1_999)], 1_000).is_none());
        assert!(kept(Vec::new(), 0).is_none());
    }

    proptest! {
        #[test]
        fn a_list_is_read_as_it_was_written(sessions in prop::collection::vec(("[ -~]{0,9}", 2_000..9_000_000_i64), 1..9)) {
            let mut list: Vec<_> = sessions.into_iter().map(|(token, ends)| Reference { token, ends }).collect();
            let kept = kept(list.clone(), 0).unwrap();
            list.sort_by_key(|reference| reference.ends);
            prop_assert_eq!(parse(Some(&kept.value)), list);
        }

        #[test]
        fn any_text_is_read_without_harm(text in r#"(\{|\}|\[|\]|"|:|,|null|token|expiresAt|1e9|-|[a-z]){0,24}"#) {
            let _ = parse(Some(&text));
        }
    }
}
