use std::pin::pin;

use futures::{FutureExt as _, future::pending, poll};
use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::{
    crypto::{
        jws::{self, PrivateKey},
        random::Random,
    },
    oauth::{recorded::Recorded, transport::Call},
    outbound::{Answer, OutboundError},
};

const NOW: OffsetDateTime = datetime!(2026-01-10 12:00 UTC);
const URL: &str = "https://idp.example/jwks";

/// A set with the key `kid`, and a token that is signed by it.
fn signed(kid: &str) -> (Value, String) {
    let seed = u64::from(kid.as_bytes()[0]);
    let jwk = jws::generate(Algorithm::EdDsa, 0, &Random::from_seed(seed)).unwrap();
    let key = PrivateKey::new(&jwk, Algorithm::EdDsa).unwrap();
    let mut public = serde_json::to_value(&jwk).unwrap();
    public["kid"] = json!(kid);
    public.as_object_mut().unwrap().remove("d");
    let header = json!({ "alg": "EdDSA", "kid": kid });
    let claims = json!({ "sub": kid });
    let token = jws::encode::<std::io::Error>(&header, &claims, |text| {
        key.sign(text.as_bytes()).map_err(std::io::Error::other)
    });
    (json!({ "keys": [public] }), token.unwrap())
}

async fn verify_at(
    cache: &KeyCache,
    http: &impl Transport,
    token: &str,
    after: Duration,
) -> Result<(), KeyError> {
    let allowed = [Algorithm::EdDsa];
    let verdict = cache.verify(http, URL, token, &allowed, NOW + after).await;
    verdict.map(|_| ())
}

#[tokio::test]
async fn a_set_is_fetched_once_for_many_tokens() {
    let (keys, token) = signed("a");
    let (cache, http) = (KeyCache::default(), Recorded::new(&json!([keys])));
    for _ in 0..3 {
        verify_at(&cache, &http, &token, Duration::ZERO)
            .await
            .unwrap();
    }
    assert_eq!(http.asked().len(), 1);
}

#[tokio::test]
async fn a_set_is_fetched_again_when_it_is_old() {
    let (keys, token) = signed("a");
    let (cache, http) = (KeyCache::default(), Recorded::new(&json!([keys, keys])));
    verify_at(&cache, &http, &token, Duration::ZERO)
        .await
        .unwrap();
    verify_at(&cache, &http, &token, LIFETIME).await.unwrap();
    assert_eq!(http.asked().len(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_an_unknown_one_asked_for_once_in_a_while() {
    let ((old, _), (new, token)) = (signed("a"), signed("b"));
    let (_, foreign) = signed("c");
    let (cache, http) = (KeyCache::default(), Recorded::new(&json!([old, new, new])));
    verify_at(&cache, &http, &token, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(http.asked().len(), 2);
    for _ in 0..3 {
        let verdict = verify_at(&cache, &http, &foreign, Duration::SECOND).await;
        assert!(matches!(
            verdict,
            Err(KeyError::Token(JwsError::UnknownKey))
        ));
    }
    assert_eq!(http.asked().len(), 2);
    assert!(verify_at(&cache, &http, &foreign, COOLDOWN).await.is_err());
    assert_eq!(http.asked().len(), 3);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_another_error_than_a_wrong_token() {
    let (_, token) = signed("a");
    let http = Recorded::new(&json!([{ "status": 500, "body": {} }]));
    let verdict = verify_at(&KeyCache::default(), &http, &token, Duration::ZERO).await;
    assert!(matches!(verdict, Err(KeyError::Keys(_))));
}

/// A service that does not answer.
struct Silent;

impl Transport for Silent {
    async fn send(&self, _: Call) -> Result<Answer, OutboundError> {
        pending().await
    }
}

fn failure() -> Value {
    json!({ "status": 500, "body": {} })
}

#[tokio::test]
async fn nobody_who_has_the_key_waits_for_whoever_asks_for_another() {
    let ((keys, token), (_, foreign)) = (signed("a"), signed("b"));
    let cache = KeyCache::default();
    let http = Recorded::new(&json!([keys]));
    verify_at(&cache, &http, &token, Duration::ZERO)
        .await
        .unwrap();
    for after in [Duration::SECOND, LIFETIME] {
        let mut asking = pin!(verify_at(&cache, &Silent, &foreign, after));
        assert!(poll!(&mut asking).is_pending());
        let verdict = verify_at(&cache, &Silent, &token, after).now_or_never();
        verdict.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_set_that_cannot_be_fetched_again_is_used_for_some_hours() {
    let (keys, token) = signed("a");
    let answers = json!([keys, failure(), failure(), failure(), keys]);
    let (cache, http) = (KeyCache::default(), Recorded::new(&answers));
    for (after, works, asked) in [
        (Duration::ZERO, true, 1),
        (LIFETIME, true, 2),
        (LIFETIME + PAUSE / 2, true, 2),
        (LIFETIME + PAUSE, true, 3),
        (LONGEST, false, 4),
        (LONGEST + PAUSE, true, 5),
    ] {
        let verdict = verify_at(&cache, &http, &token, after).await;
        assert_eq!(
            (verdict.is_ok(), http.asked().len()),
            (works, asked),
            "{after}"
        );
    }
}

#[tokio::test]
async fn a_fetch_that_fails_is_everybodys_failure_for_a_while() {
    let (keys, token) = signed("a");
    let (cache, http) = (
        KeyCache::default(),
        Recorded::new(&json!([failure(), keys])),
    );
    let at_once = (0..3).map(|_| verify_at(&cache, &http, &token, Duration::ZERO));
    for verdict in futures::future::join_all(at_once).await {
        assert!(matches!(verdict, Err(KeyError::Keys(_))));
    }
    assert_eq!(http.asked().len(), 1);
    verify_at(&cache, &http, &token, PAUSE).await.unwrap();
}
