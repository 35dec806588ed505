use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;

use super::*;

/// What better-auth 1.7.25 has written, word by word, with an additional field that clients do not see.
const OF_BETTER_AUTH: &str = r#"{"session":{"id":"s1","ipAddress":"","userAgent":"node","expiresAt":"2026-01-09T03:04:05.678Z","userId":"u1","token":"t1","createdAt":"2026-01-02T03:04:05.678Z","updatedAt":"2026-01-02T03:04:05.678Z","device":"phone","risk":3},"user":{"id":"u1","name":"Ann","email":"ann@shop.example","emailVerified":false,"image":null,"createdAt":"2026-01-02T03:04:05.000Z","updatedAt":"2026-01-02T03:04:05.000Z","plan":"free"}}"#;

fn fields() -> Fields {
    let settings = |yaml| AdditionalFields::new(Some(&serde_saphyr::from_str(yaml).unwrap()));
    Fields {
        session: settings("{device: {type: string}, risk: {type: number, returned: false}}"),
        user: settings("{plan: {type: string}}"),
    }
}

fn parse(text: &str) -> Option<SessionUser> {
    Document::parse(text)?.current(&fields())
}

/// The document of better-auth with `value` in the place of the member at `pointer`.
fn with(pointer: &str, value: Value) -> String {
    let mut document: Value = serde_json::from_str(OF_BETTER_AUTH).unwrap();
    *document.pointer_mut(pointer).unwrap() = value;
    document.to_string()
}

#[test]
fn a_session_of_better_auth_is_read_without_what_clients_may_not_see() {
    let SessionUser { session, user } = parse(OF_BETTER_AUTH).unwrap();
    assert_eq!((session.id.as_str(), session.token.as_str()), ("s1", "t1"));
    assert_eq!(session.expires_at, datetime!(2026-01-09 03:04:05.678 UTC));
    assert_eq!(
        Value::Object(session.additional),
        json!({"device": "phone"})
    );
    assert_eq!((user.id.as_str(), user.image), ("u1", None));
    assert_eq!(Value::Object(user.additional), json!({"plan": "free"}));
}

#[test]
fn what_is_written_has_the_members_of_better_auth() {
    let SessionUser { session, user } = parse(OF_BETTER_AUTH).unwrap();
    let additional = json!({"device": "phone", "risk": 3});
    let written = Document::new(&session, additional.as_object().unwrap(), &user).text();
    let (written, expected): (Value, Value) = (
        serde_json::from_str(&written).unwrap(),
        serde_json::from_str(OF_BETTER_AUTH).unwrap(),
    );
    assert_eq!(written, expected);
}

#[test]
fn a_change_keeps_what_is_not_known_here() {
    let mut document = Document::parse(OF_BETTER_AUTH).unwrap();
    document.set(json!({"device": "tablet"}).as_object().unwrap().clone());
    let text = document.text();
    let kept: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(kept["session"]["risk"], 3);
    assert_eq!(kept["session"]["device"], "tablet");
    assert_eq!(kept["user"]["plan"], "free");
}

#[test]
fn dates_are_texts_or_numbers_and_ids_may_be_numbers() {
    for (pointer, value) in [
        ("/session/expiresAt", json!(1_767_927_845_678_i64)),
        ("/session/expiresAt", json!("2026-01-09T04:04:05.678+01:00")),
        ("/session/createdAt", json!(1_767_323_045_678.0)),
        ("/session/ipAddress", Value::Null),
        ("/session/id", json!(7)),
        ("/user/emailVerified", Value::Null),
    ] {
        assert!(
            parse(&with(pointer, value.clone())).is_some(),
            "{pointer} {value}"
        );
    }
}

#[test]
fn what_is_no_session_is_nobodys() {
    for text in [
        "",
        "null",
        "5",
        "[]",
        "{",
        "{}",
        r#"{"session":null}"#,
        r#"{"session":{}}"#,
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
    for (pointer, value) in [
        ("/session", json!("text")),
        ("/user", Value::Null),
        ("/session/expiresAt", json!("soon")),
        ("/session/expiresAt", json!(1e300)),
        ("/session/createdAt", Value::Null),
        ("/session/token", json!(1)),
        ("/session/userId", json!("u2")),
        ("/session/ipAddress", json!([])),
        ("/user/email", Value::Null),
        ("/user/emailVerified", json!("yes")),
        ("/user/image", json!({})),
    ] {
        assert_eq!(
            parse(&with(pointer, value.clone())),
            None,
            "{pointer} {value}"
        );
    }
}

prop_compose! {
    fn dates()(milliseconds in 0..4_000_000_000_000_i64) -> OffsetDateTime {
        from_milliseconds(milliseconds).unwrap()
    }
}

proptest! {
    #[test]
    fn a_session_is_read_as_it_was_written(
        id in "[ -~]{1,12}", token in ".{0,12}", agent in proptest::option::of(".{0,12}"), name in ".{0,12}",
        device in ".{0,8}", is_verified: bool, expires_at in dates(), created_at in dates(),
    ) {
        let session = Session {
            expires_at, token, created_at, updated_at: created_at, ip_address: agent.clone(), user_agent: agent,
            user_id: id.clone(), additional: json!({"device": device}).as_object().unwrap().clone(), id: id.clone(),
        };
        let user = User {
            name, email: "a@b.co".to_owned(), email_verified: is_verified, image: None, created_at, updated_at: created_at,
            additional: json!({"plan": null}).as_object().unwrap().clone(), id,
        };
        let text = Document::new(&session, &Map::new(), &user).text();
        prop_assert_eq!(parse(&text), Some(SessionUser { session, user }));
    }

    #[test]
    fn any_text_is_read_without_harm(text in r#"(\{|\}|\[|\]|"|:|,|null|true|session|user|expiresAt|1e9|-|[a-z]){0,32}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn any_number_or_text_as_a_date_is_read_without_harm(number: f64, text in ".{0,30}") {
        let _ = parse_date(&json!(number));
        let _ = parse_milliseconds(&json!(text));
    }
}
