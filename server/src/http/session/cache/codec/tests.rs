use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdefXYZ";
const NOW: OffsetDateTime = datetime!(2026-12-01 12:00:00.250 UTC);
const STRATEGIES: [CookieCacheStrategy; 3] = [
    CookieCacheStrategy::Compact,
    CookieCacheStrategy::Jwt,
    CookieCacheStrategy::Jwe,
];

/// One session in each form, made by better-auth 1.7.25 in November 2026, good for 400 days:
/// `conformance/bin/cookie-cache.mjs`.
const VECTORS: &str = include_str!("vectors.json");

fn current() -> SessionUser {
    let date = "2026-01-02T03:04:05.678Z";
    let session = json!({
        "id": "TpVDR9yDBPXGxZu0Y1R8bCyOD8EvqWGT",
        "expiresAt": "2096-01-02T03:04:05.678Z",
        "token": "FPMr1ltEtvHX6SWALRDRGg6vrekKiwLH",
        "createdAt": date,
        "updatedAt": date,
        "ipAddress": "192.0.2.7",
        "userAgent": "a \"quoted\" \\ agent\twith <tags> & \u{2028} and \u{7f}",
        "userId": "XyVDR9yDBPXGxZu0Y1R8bCyOD8EvqWGT",
    });
    let user = json!({
        "id": "XyVDR9yDBPXGxZu0Y1R8bCyOD8EvqWGT",
        "name": "Zoë 😀",
        "email": "zoe@example.com",
        "emailVerified": true,
        "image": null,
        "createdAt": date,
        "updatedAt": date,
    });
    SessionUser {
        session: serde_json::from_value(session).unwrap(),
        user: serde_json::from_value(user).unwrap(),
    }
}

/// Calls `body` with a codec for `secrets` at the time `now`.
fn with<T>(secrets: &[&str], now: OffsetDateTime, body: impl FnOnce(Codec<'_>) -> T) -> T {
    let secrets: Vec<_> = secrets.iter().map(|text| Secret::new(*text)).collect();
    body(Codec {
        secrets: &secrets,
        random: &Random::from_seed(1),
        now,
    })
}

fn settings(strategy: CookieCacheStrategy) -> CookieCache {
    CookieCache {
        strategy: Some(strategy),
        ..CookieCache::default()
    }
}

fn encode(strategy: CookieCacheStrategy, current: &SessionUser, max_age: Option<u32>) -> String {
    with(&[SECRET], NOW, |codec| {
        codec.encode(&settings(strategy), current, max_age).unwrap()
    })
}

fn decode(strategy: CookieCacheStrategy, value: &str, now: OffsetDateTime) -> Option<Entry> {
    with(&[SECRET], now, |codec| codec.decode(strategy, value))
}

#[test]
fn a_copy_of_better_auth_is_read() {
    let vectors: HashMap<String, String> = serde_json::from_str(VECTORS).unwrap();
    for (name, strategy) in ["compact", "jwt", "jwe"].into_iter().zip(STRATEGIES) {
        let entry = decode(strategy, &vectors[name], NOW).unwrap();
        assert_eq!(entry.current, current(), "{name}");
        assert_eq!(entry.version, "1");
        let left = (entry.expires_at - NOW).whole_days();
        assert!((380..400).contains(&left), "{name}: {left}");
    }
}

#[test]
fn the_compact_form_is_that_of_better_auth() {
    let value = encode(CookieCacheStrategy::Compact, &current(), Some(300));
    let json = String::from_utf8(URL_SAFE_NO_PAD.decode(value).unwrap()).unwrap();
    let now = milliseconds(NOW);
    let head = r#"{"session":{"session":{"#;
    let tail = format!(
        r#","updatedAt":{now},"version":"1"}},"expiresAt":{},"signature":""#,
        now + 300_000
    );
    assert!(json.starts_with(head) && json.contains(&tail), "{json}");
}

#[test]
fn a_copy_expires_with_its_cookie_or_after_a_while_if_the_session_is_not_remembered() {
    for (strategy, remembered, unremembered) in [
        (CookieCacheStrategy::Compact, 120_000, 60_000),
        // Tokens count in whole seconds.
        (CookieCacheStrategy::Jwt, 119_750, 299_750),
        (CookieCacheStrategy::Jwe, 119_750, 299_750),
    ] {
        for (max_age, expected) in [(Some(120), remembered), (None, unremembered)] {
            let value = encode(strategy, &current(), max_age);
            let entry = decode(strategy, &value, NOW).unwrap();
            let lifetime = (entry.expires_at - NOW).whole_milliseconds();
            assert_eq!(lifetime, expected, "{strategy:?}");
        }
    }
}

#[test]
fn the_first_secret_signs_and_every_secret_verifies() {
    for strategy in STRATEGIES {
        let made = |secrets: &[&str]| {
            with(secrets, NOW, |codec| {
                codec.encode(&settings(strategy), &current(), None).unwrap()
            })
        };
        let is_read = |secrets: &[&str], value: &str| {
            with(secrets, NOW, |codec| {
                codec.decode(strategy, value).is_some()
            })
        };
        let (old, new) = (&["old"], &["new", "old"]);
        assert!(is_read(new, &made(old)), "{strategy:?}");
        assert!(!is_read(old, &made(new)), "{strategy:?}");
    }
}

#[test]
fn a_copy_in_another_form_than_the_settings_want_is_not_read() {
    for made in STRATEGIES {
        let value = encode(made, &current(), None);
        for read in STRATEGIES {
            let is_read = decode(read, &value, NOW).is_some();
            assert_eq!(is_read, made == read, "{made:?} {read:?}");
        }
    }
}

#[test]
fn the_version_is_that_of_the_settings() {
    let settings = CookieCache {
        version: Some("2".to_owned()),
        ..CookieCache::default()
    };
    let value = with(&[SECRET], NOW, |codec| {
        codec.encode(&settings, &current(), None).unwrap()
    });
    let entry = decode(CookieCacheStrategy::Compact, &value, NOW).unwrap();
    assert_eq!(entry.version, "2");
}

#[test]
fn additional_fields_are_copied_too() {
    let mut current = current();
    current.session.additional = Map::from_iter([("team".to_owned(), json!(["a", 1]))]);
    current.user.additional = Map::from_iter([("plan".to_owned(), json!("pro"))]);
    for strategy in STRATEGIES {
        let value = encode(strategy, &current, None);
        let entry = decode(strategy, &value, NOW).unwrap();
        assert_eq!(entry.current, current, "{strategy:?}");
    }
}

proptest! {
    #[test]
    fn a_changed_character_is_not_believed(
        strategy in prop::sample::select(&STRATEGIES),
        at: prop::sample::Index,
    ) {
        let mut value = encode(strategy, &current(), None).into_bytes();
        let at = at.index(value.len());
        value[at] = if value[at] == b'A' { b'B' } else { b'A' };
        let value = String::from_utf8(value).unwrap();
        prop_assert!(decode(strategy, &value, NOW).is_none());
    }

    #[test]
    fn every_text_survives_the_round_trip(
        strategy in prop::sample::select(&STRATEGIES),
        name in ".*",
    ) {
        let mut current = current();
        current.user.name = name;
        let value = encode(strategy, &current, None);
        prop_assert_eq!(decode(strategy, &value, NOW).unwrap().current, current);
    }

    #[test]
    fn any_text_is_read_without_harm(
        strategy in prop::sample::select(&STRATEGIES),
        value in ".*",
    ) {
        prop_assert!(decode(strategy, &value, NOW).is_none());
    }
}
