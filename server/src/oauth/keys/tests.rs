use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::{
    crypto::{
        jws::{self, PrivateKey},
        random::Random,
    },
    oauth::recorded::Recorded,
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
    http: &Recorded,
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
