use serde_json::json;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-10 12:00 UTC);

fn rules() -> Rules {
    Rules {
        keys_url: "https://idp.example/jwks".to_owned(),
        issuers: vec!["https://idp.example".to_owned()],
        audiences: vec!["id".to_owned(), "ios".to_owned()],
        algorithms: vec![Algorithm::Rs256],
        max_age: Some(Duration::HOUR),
        hashed_nonce: false,
    }
}

/// Claims that are right, with `changes`; null removes one.
fn claims(changes: &Value) -> Map<String, Value> {
    let now = NOW.unix_timestamp();
    let mut claims = json!({
        "iss": "https://idp.example", "sub": "a", "aud": "id", "exp": now + 60, "iat": now, "nonce": "n",
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object().unwrap().clone()
}

fn check(rules: &Rules, changes: &Value) -> Result<(), String> {
    let verdict = rules.check(&claims(changes), Some("n"), NOW);
    verdict.map_err(|error| error.to_string())
}

#[test]
fn a_token_for_any_of_our_clients_is_believed() {
    for audience in [json!("id"), json!("ios"), json!(["other", "id"])] {
        assert_eq!(check(&rules(), &json!({ "aud": audience })), Ok(()));
    }
}

#[test]
fn a_token_with_a_claim_that_is_missing_or_wrong_is_not() {
    let now = NOW.unix_timestamp();
    for (claim, value) in [
        ("iss", json!(null)),
        ("iss", json!("https://evil.example")),
        ("sub", json!(null)),
        ("aud", json!(null)),
        ("aud", json!("other")),
        ("aud", json!(["other"])),
        ("aud", json!("")),
        ("exp", json!(null)),
        ("iat", json!(null)),
        ("iat", json!("now")),
        ("iat", json!(now - 3631)),
        ("iat", json!(now + 31)),
        ("nonce", json!(null)),
        ("nonce", json!("m")),
    ] {
        let verdict = check(&rules(), &json!({ claim: value.clone() }));
        assert!(verdict.is_err(), "{claim}: {value}");
    }
}

#[test]
fn clocks_may_be_half_a_minute_apart() {
    let now = NOW.unix_timestamp();
    for (claim, good, bad) in [("exp", now - 29, now - 30), ("nbf", now + 30, now + 31)] {
        assert_eq!(check(&rules(), &json!({ claim: good })), Ok(()), "{claim}");
        assert!(check(&rules(), &json!({ claim: bad })).is_err(), "{claim}");
    }
}

#[test]
fn a_nonce_may_be_hashed_where_the_service_hashes_it() {
    // SHA-256 of "n".
    let hashed = "1b16b1df538ba12dc3f97edbb85caa7050d46c148134290feba80f8236c83db9";
    let apple = Rules {
        hashed_nonce: true,
        ..rules()
    };
    assert_eq!(check(&apple, &json!({ "nonce": hashed })), Ok(()));
    assert!(check(&rules(), &json!({ "nonce": hashed })).is_err());
}

#[test]
fn a_nonce_is_looked_at_only_where_one_is_expected() {
    let claims = claims(&json!({ "nonce": "any" }));
    assert!(rules().check(&claims, None, NOW).is_ok());
}
