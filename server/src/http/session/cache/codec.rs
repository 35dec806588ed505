//! The three forms of the copy, byte for byte as better-auth has them.

use authbackend_crds::auth::{CookieCache, CookieCacheStrategy};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use time::{Duration, OffsetDateTime};

use crate::{
    config::Secret,
    crypto::{
        hmac::Signer,
        jwe::{EncryptError, Encrypter, Kind},
        jwt::{JwtSigner, SignError},
        random::Random,
    },
    identity::{
        session::{Session, SessionUser},
        user::User,
    },
};

/// How long a copy is believed where the session ends with the browser: in seconds, as better-auth has it for each
/// form.
const UNREMEMBERED_COMPACT: u32 = 60;
const UNREMEMBERED_TOKEN: u32 = 300;

/// What a copy says, whose signature is right.
pub(super) struct Entry {
    /// The session and its user.
    pub(super) current: SessionUser,
    /// Until when the copy is to be believed.
    pub(super) expires_at: OffsetDateTime,
    /// The version of the copy.
    pub(super) version: String,
}

/// A copy that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    /// As JSON.
    #[error("a session could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// As a signed token.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// As an encrypted token.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

/// What is signed, in the order in which better-auth writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    session: &'a Session,
    user: &'a User,
    /// Milliseconds since the Unix epoch.
    updated_at: i64,
    version: &'a str,
}

/// What is read: that of better-auth may lack a version.
#[derive(Deserialize)]
struct ReceivedPayload {
    session: Session,
    user: User,
    #[serde(rename = "updatedAt")]
    _updated_at: f64,
    version: Option<String>,
}

/// The compact form.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Compact<'a> {
    /// The payload as it was signed.
    #[serde(borrow)]
    session: &'a RawValue,
    /// Milliseconds since the Unix epoch.
    expires_at: i64,
    signature: String,
}

/// Writes and reads copies at one moment.
pub(super) struct Codec<'a> {
    /// The first signs and encrypts, all verify and decrypt.
    pub(super) secrets: &'a [Secret],
    /// The source of initialization vectors.
    pub(super) random: &'a Random,
    /// The time.
    pub(super) now: OffsetDateTime,
}

impl Codec<'_> {
    /// The copy of `current` for `max_age` seconds; without, for as long as the browser runs.
    pub(super) fn encode(
        &self,
        settings: &CookieCache,
        current: &SessionUser,
        max_age: Option<u32>,
    ) -> Result<String, CacheError> {
        let payload = Payload {
            session: &current.session,
            user: &current.user,
            updated_at: milliseconds(self.now),
            version: settings.version(),
        };
        let lifetime = Duration::seconds(max_age.unwrap_or(UNREMEMBERED_TOKEN).into());
        match settings.strategy() {
            CookieCacheStrategy::Compact => {
                let seconds = i64::from(max_age.unwrap_or(UNREMEMBERED_COMPACT));
                let expires_at = payload.updated_at + seconds * 1000;
                encode_compact(&self.signer(), &payload, expires_at)
            }
            CookieCacheStrategy::Jwt => {
                Ok(self
                    .jwt_signer()
                    .sign(claims(&payload)?, self.now, lifetime)?)
            }
            CookieCacheStrategy::Jwe => {
                let claims = claims(&payload)?;
                Ok(self
                    .encrypter()
                    .encrypt(claims, self.now, lifetime, self.random)?)
            }
        }
    }

    /// What the copy `value` says, if this server or one with the same secret has made it.
    pub(super) fn decode(&self, strategy: CookieCacheStrategy, value: &str) -> Option<Entry> {
        match strategy {
            CookieCacheStrategy::Compact => decode_compact(&self.signer(), value),
            CookieCacheStrategy::Jwt => {
                from_claims(self.jwt_signer().verify(value, self.now).ok()?)
            }
            CookieCacheStrategy::Jwe => from_claims(self.encrypter().decrypt(value, self.now)?),
        }
    }

    fn signer(&self) -> Signer {
        Signer::new(self.secrets.iter().map(Secret::expose))
    }

    fn jwt_signer(&self) -> JwtSigner {
        JwtSigner::new(self.secrets.iter().map(Secret::expose))
    }

    fn encrypter(&self) -> Encrypter {
        Encrypter::new(self.secrets.iter().map(Secret::expose), Kind::Session)
    }
}

/// `time` in milliseconds since the Unix epoch.
fn milliseconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp() * 1000 + i64::from(time.millisecond())
}

fn claims(payload: &Payload<'_>) -> Result<Map<String, Value>, CacheError> {
    match serde_json::to_value(payload)? {
        Value::Object(claims) => Ok(claims),
        // A struct is an object.
        _ => Ok(Map::new()),
    }
}

fn from_claims(claims: Map<String, Value>) -> Option<Entry> {
    let expires_at = claims.get("exp")?.as_i64()?.checked_mul(1000)?;
    entry(
        serde_json::from_value(Value::Object(claims)).ok()?,
        expires_at,
    )
}

fn encode_compact(
    signer: &Signer,
    payload: &Payload<'_>,
    expires_at: i64,
) -> Result<String, CacheError> {
    let payload = serde_json::value::to_raw_value(payload)?;
    let signature = signer.sign_for_url(&signed_text(&payload, expires_at));
    let compact = Compact {
        session: &payload,
        expires_at,
        signature,
    };
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&compact)?))
}

fn decode_compact(signer: &Signer, value: &str) -> Option<Entry> {
    let json = URL_SAFE_NO_PAD.decode(value).ok()?;
    let Compact {
        session,
        expires_at,
        signature,
    } = serde_json::from_slice(&json).ok()?;
    signer
        .verify_for_url(&signed_text(session, expires_at), &signature)
        .then_some(())?;
    entry(serde_json::from_str(session.get()).ok()?, expires_at)
}

/// What better-auth signs: the payload with its expiry as the last member, written anew. The payload is taken as it
/// is in the cookie, since JavaScript writes it anew just as it was.
fn signed_text(payload: &RawValue, expires_at: i64) -> String {
    let payload = payload.get();
    let members = payload.strip_suffix('}').unwrap_or(payload);
    format!(r#"{members},"expiresAt":{expires_at}}}"#)
}

fn entry(payload: ReceivedPayload, expires_at: i64) -> Option<Entry> {
    let expires_at = i128::from(expires_at) * 1_000_000;
    Some(Entry {
        current: SessionUser {
            session: payload.session,
            user: payload.user,
        },
        expires_at: OffsetDateTime::from_unix_timestamp_nanos(expires_at).ok()?,
        version: payload
            .version
            .filter(|version| !version.is_empty())
            .unwrap_or_else(|| "1".to_owned()),
    })
}

#[cfg(test)]
mod tests;
