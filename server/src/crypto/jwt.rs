//! JSON Web Tokens signed by the server's own secrets (HS256), and the checks of a token's times.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

use super::jws::{self, Compact};

/// Signs with the first of its secrets and verifies with any.
pub struct JwtSigner {
    keys: Vec<Hmac<Sha256>>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwtError {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It never was, or is not yet.
    #[error("the token is invalid")]
    Invalid,
}

/// A token that cannot be made: there is no secret, or its claims cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// There is no secret.
    #[error("there is no secret to sign a token with")]
    NoSecret,
    /// The claims.
    #[error("the claims of a token could not be written as JSON")]
    Claims(#[from] serde_json::Error),
}

impl JwtSigner {
    /// A signer with `secrets`, of which the first signs.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Self {
        // HMAC takes keys of every length, so no secret is left out.
        let keys = secrets
            .into_iter()
            .filter_map(|secret| Hmac::new_from_slice(secret.as_ref()).ok());
        Self {
            keys: keys.collect(),
        }
    }

    /// A token that says `claims` from `now` on for `lifetime`, of which whole seconds count.
    ///
    /// # Errors
    /// There is no secret.
    pub fn sign(
        &self,
        mut claims: Map<String, Value>,
        now: OffsetDateTime,
        lifetime: Duration,
    ) -> Result<String, SignError> {
        let key = self.keys.first().ok_or(SignError::NoSecret)?;
        let issued_at = now.unix_timestamp();
        claims.insert("iat".to_owned(), issued_at.into());
        let expires_at = issued_at.saturating_add(lifetime.whole_seconds());
        claims.insert("exp".to_owned(), expires_at.into());
        jws::encode(&json!({ "alg": "HS256" }), &claims, |signed| {
            let mut mac = key.clone();
            mac.update(signed.as_bytes());
            Ok(mac.finalize().into_bytes().to_vec())
        })
    }

    /// What `token` says, if any of the secrets has signed it and it is good at the time `now`.
    ///
    /// # Errors
    /// See [`JwtError`].
    pub fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Map<String, Value>, JwtError> {
        let token = Compact::parse(token).ok_or(JwtError::Invalid)?;
        // The header decides nothing: a token that says `none` or names a public key is refused.
        if token.parameter("alg") != Some("HS256") || !self.has_signed(&token) {
            return Err(JwtError::Invalid);
        }
        let claims = serde_json::from_slice(&token.payload).map_err(|_| JwtError::Invalid)?;
        check_times(&claims, now, Duration::ZERO)?;
        Ok(claims)
    }

    fn has_signed(&self, token: &Compact<'_>) -> bool {
        self.keys.iter().any(|key| {
            let mut mac = key.clone();
            mac.update(token.signed.as_bytes());
            mac.verify_slice(&token.signature).is_ok()
        })
    }
}

/// Whether a token is good at the time `now`, with clocks up to `tolerance` apart: `exp` is in the future and `nbf` in
/// the past, as far as they are there (RFC 7519, section 4.1).
///
/// # Errors
/// See [`JwtError`].
pub fn check_times(
    claims: &Map<String, Value>,
    now: OffsetDateTime,
    tolerance: Duration,
) -> Result<(), JwtError> {
    let time = |name| match claims.get(name) {
        None => Ok(None),
        // A fraction of a second is allowed by RFC 7519.
        Some(value) => value
            .as_f64()
            .and_then(Duration::checked_seconds_f64)
            .map(Some)
            .ok_or(JwtError::Invalid),
    };
    let now = Duration::seconds(now.unix_timestamp());
    time("iat")?;
    if time("nbf")?.is_some_and(|not_before| not_before > now + tolerance) {
        return Err(JwtError::Invalid);
    }
    if time("exp")?.is_some_and(|expires| expires <= now - tolerance) {
        return Err(JwtError::Expired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdefXYZ";
    const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

    fn signer() -> JwtSigner {
        JwtSigner::new([SECRET])
    }

    fn claims(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn sign(value: &Value) -> String {
        let lifetime = Duration::HOUR;
        signer().sign(claims(value), NOW, lifetime).unwrap()
    }

    #[test]
    fn a_token_of_better_auth_verifies() {
        // `signJWT({ email }, SECRET, …)` of better-auth 1.7.25, good until 2096.
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFAYi5leGFtcGxlIiwiaWF0IjoxNzk1Mzg2MTk0LCJleHAiOjQwMDI5MDYxOTR9.8dzR0IP5Rn0nNnapVvfMOqI425rIesgYBIqFWAUmGkA";
        let said =
            json!({ "email": "a@b.example", "iat": 1_795_386_194, "exp": 4_002_906_194_i64 });
        assert_eq!(signer().verify(token, NOW), Ok(claims(&said)));
    }

    #[test]
    fn a_token_says_since_when_and_until_when_it_is_good() {
        let said = signer().verify(&sign(&json!({ "email": "a@b.example" })), NOW);
        let iat = NOW.unix_timestamp();
        let expected = json!({ "email": "a@b.example", "iat": iat, "exp": iat + 3600 });
        assert_eq!(said, Ok(claims(&expected)));
    }

    #[test]
    fn a_token_expires_at_the_second_that_it_names() {
        let token = sign(&json!({}));
        let after = |age| signer().verify(&token, NOW + age).map(|_| ());
        assert_eq!(after(Duration::seconds(3599)), Ok(()));
        assert_eq!(after(Duration::seconds(3600)), Err(JwtError::Expired));
    }

    #[test]
    fn the_first_secret_signs_and_every_secret_verifies() {
        let (old, both) = (JwtSigner::new(["old"]), JwtSigner::new(["new", "old"]));
        let token = |signer: &JwtSigner| signer.sign(Map::new(), NOW, Duration::HOUR).unwrap();
        assert!(both.verify(&token(&old), NOW).is_ok());
        assert_eq!(old.verify(&token(&both), NOW), Err(JwtError::Invalid));
    }

    #[test]
    fn a_token_that_names_no_algorithm_or_another_one_is_refused() {
        for header in [
            json!({}),
            json!({ "alg": "none" }),
            json!({ "alg": "HS512" }),
            json!({ "alg": "HS256", "crit": ["exp"], "exp": 1 }),
        ] {
            let token = jws::encode::<SignError>(&header, &json!({}), |signed| {
                let mut mac = signer().keys[0].clone();
                mac.update(signed.as_bytes());
                Ok(mac.finalize().into_bytes().to_vec())
            });
            let verdict = signer().verify(&token.unwrap(), NOW);
            assert_eq!(verdict, Err(JwtError::Invalid), "{header}");
        }
    }

    #[test]
    fn the_times_of_a_token_are_checked() {
        let now = NOW.unix_timestamp();
        let tolerance = Duration::seconds(15);
        for (times, verdict) in [
            (json!({}), Ok(())),
            (json!({ "exp": now - 14 }), Ok(())),
            (json!({ "exp": now - 15 }), Err(JwtError::Expired)),
            (json!({ "nbf": now + 15 }), Ok(())),
            (json!({ "nbf": now + 16 }), Err(JwtError::Invalid)),
            (json!({ "exp": "2030" }), Err(JwtError::Invalid)),
            (json!({ "exp": 1e300 }), Err(JwtError::Invalid)),
            (json!({ "iat": null }), Err(JwtError::Invalid)),
        ] {
            assert_eq!(
                check_times(&claims(&times), NOW, tolerance),
                verdict,
                "{times}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_a_changed_character_does_not(text in ".*", at: prop::sample::Index) {
            let token = sign(&json!({ "text": text }));
            prop_assert_eq!(&signer().verify(&token, NOW).unwrap()["text"], &Value::from(text));
            let mut changed = token.into_bytes();
            let at = at.index(changed.len());
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let verdict = signer().verify(std::str::from_utf8(&changed).unwrap(), NOW);
            prop_assert_eq!(verdict, Err(JwtError::Invalid));
        }

        #[test]
        fn any_text_is_verified_without_harm(token in ".*") {
            prop_assert_eq!(signer().verify(&token, NOW), Err(JwtError::Invalid));
        }
    }
}
