//! Id tokens, which say who a user is (OpenID Connect Core, section 3.1.3.7).

use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use super::{
    keys::{KeyCache, KeyError},
    transport::Transport,
};
use crate::crypto::{jws::Algorithm, jwt};

/// How far the clocks of a service and of this server may be apart.
const TOLERANCE: Duration = Duration::seconds(30);

/// The claims that every id token has to hold (OpenID Connect Core, section 2).
const REQUIRED: [&str; 5] = ["iss", "sub", "aud", "exp", "iat"];

/// What an id token has to be.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The URL of the keys.
    pub keys_url: String,
    /// Who may have issued it; empty where the caller looks at the issuer.
    pub issuers: Vec<String>,
    /// For whom it may be.
    pub audiences: Vec<String>,
    /// How it may be signed.
    pub algorithms: Vec<Algorithm>,
    /// Longest time since it was issued.
    pub max_age: Option<Duration>,
    /// Whether its nonce may be the SHA-256 of that which is expected.
    pub hashed_nonce: bool,
}

/// Why an id token is not believed.
#[derive(Debug, thiserror::Error)]
pub enum IdTokenError {
    /// The signature.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A claim.
    #[error("the claim {0} is missing or wrong")]
    Claim(&'static str),
    /// The times.
    #[error(transparent)]
    Time(#[from] jwt::JwtError),
    /// The service verifies its tokens itself, and refuses this one.
    #[error("the service does not know the token")]
    Refused,
}

/// The claims of `token`, if it is what `rules` ask for and, where one is given, carries `nonce`.
///
/// # Errors
/// See [`IdTokenError`].
pub async fn verify(
    http: &impl Transport,
    cache: &KeyCache,
    rules: &Rules,
    token: &str,
    nonce: Option<&str>,
    now: OffsetDateTime,
) -> Result<Map<String, Value>, IdTokenError> {
    let algorithms = &rules.algorithms;
    let verified = cache
        .verify(http, &rules.keys_url, token, algorithms, now)
        .await?;
    rules.check(&verified.claims, nonce, now)?;
    Ok(verified.claims)
}

impl Rules {
    fn check(
        &self,
        claims: &Map<String, Value>,
        nonce: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<(), IdTokenError> {
        for name in REQUIRED {
            if claims.get(name).is_none_or(Value::is_null) {
                return Err(IdTokenError::Claim(name));
            }
        }
        let issuer = claims["iss"].as_str().unwrap_or_default();
        if !self.issuers.is_empty() && !self.issuers.iter().any(|known| known == issuer) {
            return Err(IdTokenError::Claim("iss"));
        }
        let is_known = |audience: &Value| {
            let audience = audience.as_str().filter(|audience| !audience.is_empty());
            audience.is_some_and(|audience| self.audiences.iter().any(|known| known == audience))
        };
        let is_for_us = match &claims["aud"] {
            Value::Array(audiences) => audiences.iter().any(is_known),
            audience => is_known(audience),
        };
        if !is_for_us {
            return Err(IdTokenError::Claim("aud"));
        }
        jwt::check_times(claims, now, TOLERANCE)?;
        self.check_age(claims, now)?;
        match nonce {
            Some(nonce) if !nonce.is_empty() => self.check_nonce(claims, nonce),
            _ => Ok(()),
        }
    }

    fn check_age(
        &self,
        claims: &Map<String, Value>,
        now: OffsetDateTime,
    ) -> Result<(), IdTokenError> {
        let Some(max_age) = self.max_age else {
            return Ok(());
        };
        let issued = claims["iat"]
            .as_f64()
            .and_then(Duration::checked_seconds_f64);
        let issued = issued.ok_or(IdTokenError::Claim("iat"))?;
        let age = Duration::seconds(now.unix_timestamp()) - issued;
        if age - TOLERANCE > max_age || age < -TOLERANCE {
            return Err(IdTokenError::Claim("iat"));
        }
        Ok(())
    }

    fn check_nonce(&self, claims: &Map<String, Value>, nonce: &str) -> Result<(), IdTokenError> {
        let claimed = claims.get("nonce").and_then(Value::as_str);
        let is_ours = claimed.is_some_and(|claimed| {
            claimed == nonce || (self.hashed_nonce && claimed == sha256_hex(nonce))
        });
        if is_ours {
            Ok(())
        } else {
            Err(IdTokenError::Claim("nonce"))
        }
    }
}

fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests;
