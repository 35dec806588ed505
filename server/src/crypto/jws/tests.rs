use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::crypto::random::Random;

/// Keys and tokens made by jose 6, which better-auth uses: `conformance/bin/signatures.mjs`.
const VECTORS: &str = include_str!("vectors.json");

#[derive(serde::Deserialize)]
struct Vector {
    alg: String,
    /// The public key.
    public: Jwk,
    /// The private key, for the algorithms by which the server signs.
    private: Option<Value>,
    /// Says `{"sub": "user", "n": 1}` and is signed by the key `key`.
    token: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(VECTORS).unwrap()
}

fn key_set(key: &Jwk) -> Jwks {
    Jwks {
        keys: vec![Jwk {
            kid: Some("key".to_owned()),
            ..key.clone()
        }],
    }
}

fn claims() -> Map<String, Value> {
    json!({ "sub": "user", "n": 1 })
        .as_object()
        .unwrap()
        .clone()
}

fn private_key(vector: &Vector) -> Option<(PrivateKey, Algorithm)> {
    let jwk: PrivateJwk = serde_json::from_value(vector.private.clone()?).unwrap();
    let algorithm = Algorithm::from_name(&vector.alg).unwrap();
    Some((PrivateKey::new(&jwk, algorithm).unwrap(), algorithm))
}

fn sign(key: &PrivateKey) -> String {
    let header = json!({ "alg": key.algorithm().name(), "kid": "key" });
    encode(&header, &claims(), |signed| {
        key.sign(signed.as_bytes())
            .map_err(|_| serde::ser::Error::custom("not signed"))
    })
    .map_err(|error: serde_json::Error| error)
    .unwrap()
}

fn tampered(token: &str, at: prop::sample::Index) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn tokens_by_every_algorithm_verify() {
    let vectors = vectors();
    assert_eq!(vectors.len(), Algorithm::ALL.len());
    for Vector {
        alg, public, token, ..
    } in &vectors
    {
        let verified = verify(&key_set(public), token, &Algorithm::ALL);
        let verified = verified.unwrap_or_else(|error| panic!("{alg}: {error}"));
        assert_eq!(verified.claims, claims(), "{alg}");
    }
}

#[test]
fn an_algorithm_that_is_not_allowed_is_refused_though_the_signature_is_right() {
    for Vector {
        alg, public, token, ..
    } in &vectors()
    {
        let others: Vec<_> = Algorithm::ALL
            .into_iter()
            .filter(|algorithm| algorithm.name() != alg)
            .collect();
        let verdict = verify(&key_set(public), token, &others);
        assert_eq!(verdict, Err(JwsError::Algorithm), "{alg}");
    }
}

#[test]
fn a_token_without_a_signature_or_with_a_shared_secret_is_refused() {
    for alg in ["none", "None", "HS256", "", "eddsa"] {
        let token = encode::<serde_json::Error>(&json!({ "alg": alg }), &claims(), |_| Ok(vec![]));
        let verdict = verify(&Jwks::default(), &token.unwrap(), &Algorithm::ALL);
        assert_eq!(verdict, Err(JwsError::Algorithm), "{alg}");
    }
}

#[test]
fn a_key_for_something_else_verifies_nothing() {
    let vectors = vectors();
    let es256 = &vectors.iter().find(|vector| vector.alg == "ES256").unwrap();
    let change = |change: fn(&mut Jwk)| {
        let mut keys = key_set(&es256.public);
        change(&mut keys.keys[0]);
        verify(&keys, &es256.token, &Algorithm::ALL).map(|_| ())
    };
    assert_eq!(change(|_| ()), Ok(()));
    let changes: [fn(&mut Jwk); 6] = [
        |key| key.kid = Some("other".to_owned()),
        |key| key.kid = None,
        |key| key.alg = Some("ES384".to_owned()),
        |key| key.usage = Some("enc".to_owned()),
        |key| key.key_ops = Some(vec!["sign".to_owned()]),
        |key| key.crv = Some("P-384".to_owned()),
    ];
    for (index, changed) in changes.into_iter().enumerate() {
        assert_eq!(change(changed), Err(JwsError::UnknownKey), "{index}");
    }
}

#[test]
fn a_key_with_broken_members_verifies_nothing_and_harms_nobody() {
    for Vector {
        alg, public, token, ..
    } in &vectors()
    {
        let broken = Jwk {
            x: public.x.as_ref().map(|_| "AA".to_owned()),
            n: public.n.as_ref().map(|_| "AA".to_owned()),
            ..public.clone()
        };
        let verdict = verify(&key_set(&broken), token, &Algorithm::ALL);
        assert_eq!(verdict, Err(JwsError::Signature), "{alg}");
    }
}

#[test]
fn a_token_that_names_no_key_is_tried_with_each_that_fits() {
    let random = Random::from_seed(1);
    let keys: Vec<_> = std::iter::repeat_with(|| generate(Algorithm::EdDsa, 0, &random).unwrap())
        .take(3)
        .collect();
    let key = PrivateKey::new(&keys[1], Algorithm::EdDsa).unwrap();
    let token = encode(&json!({ "alg": "EdDSA" }), &claims(), |signed| {
        Ok::<_, serde_json::Error>(key.sign(signed.as_bytes()).unwrap())
    })
    .unwrap();
    let keys = Jwks {
        keys: keys.into_iter().map(|key| key.public).collect(),
    };
    assert!(verify(&keys, &token, &[Algorithm::EdDsa]).is_ok());
}

#[test]
fn keys_of_better_auth_sign() {
    let mut algorithms = Vec::new();
    for vector in &vectors() {
        if let Some((key, algorithm)) = private_key(vector) {
            let verified = verify(&key_set(&vector.public), &sign(&key), &[algorithm]);
            assert_eq!(verified.unwrap().claims, claims(), "{algorithm}");
            algorithms.push(algorithm.name());
        }
    }
    assert_eq!(algorithms, ["EdDSA", "ES256", "ES512", "RS256", "PS256"]);
}

#[test]
fn new_keys_sign() {
    let random = Random::from_seed(1);
    for algorithm in [
        Algorithm::EdDsa,
        Algorithm::Es256,
        Algorithm::Es512,
        Algorithm::Rs256,
        Algorithm::Ps256,
    ] {
        let jwk = generate(algorithm, 2048, &random).unwrap();
        // As it comes back from where it is stored.
        let text = serde_json::to_string(&jwk).unwrap();
        let key = PrivateKey::new(&serde_json::from_str(&text).unwrap(), algorithm).unwrap();
        let verified = verify(&key_set(&jwk.public), &sign(&key), &[algorithm]);
        assert_eq!(verified.unwrap().claims, claims(), "{algorithm}");
    }
}

#[test]
fn a_new_rsa_key_has_a_modulus_of_exactly_that_many_bits() {
    let random = Random::from_seed(2);
    for bits in [2048, 3072] {
        let jwk = generate(Algorithm::Rs256, bits, &random).unwrap();
        let modulus = jwk::decode(jwk.public.n.as_ref()).unwrap();
        assert_eq!(modulus.len() * 8, bits as usize);
        assert!(modulus[0] >= 0x80);
    }
}

#[test]
fn a_key_is_not_made_for_what_nobody_here_signs_by() {
    let random = Random::from_seed(1);
    for (algorithm, bits) in [
        (Algorithm::Es384, 0),
        (Algorithm::Rs256, 1024),
        (Algorithm::Rs256, 2049),
    ] {
        assert!(generate(algorithm, bits, &random).is_err(), "{algorithm}");
    }
}

#[test]
fn a_private_key_whose_members_contradict_each_other_is_refused() {
    let random = Random::from_seed(1);
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es512] {
        let (one, other) = (
            generate(algorithm, 0, &random).unwrap(),
            generate(algorithm, 0, &random).unwrap(),
        );
        let mixed = PrivateJwk { d: other.d, ..one };
        let refused = PrivateKey::new(&mixed, algorithm).unwrap_err();
        assert_eq!(refused, KeyError::Invalid(algorithm));
    }
}

#[test]
fn a_private_key_is_not_printed() {
    let jwk = generate(Algorithm::EdDsa, 0, &Random::from_seed(1)).unwrap();
    let secret = jwk.d.clone().unwrap();
    let key = PrivateKey::new(&jwk, Algorithm::EdDsa).unwrap();
    assert!(!format!("{jwk:?} {key:?}").contains(&secret));
}

proptest! {
    #[test]
    fn a_changed_token_does_not_verify(
        vector in prop::sample::select((0..10).collect::<Vec<_>>()),
        at: prop::sample::Index,
    ) {
        let Vector { public, token, .. } = &vectors()[vector];
        let changed = tampered(token, at);
        prop_assert!(verify(&key_set(public), &changed, &Algorithm::ALL).is_err());
    }

    #[test]
    fn any_text_is_verified_without_harm(token in ".*") {
        prop_assert!(verify(&key_set(&vectors()[0].public), &token, &Algorithm::ALL).is_err());
    }
}
