//! JSON Web Tokens encrypted by the server's own secrets, for cookies that the browser keeps and shall not read:
//! compact JWE (RFC 7516) with `dir` and `A256CBC-HS512`, the key derived from a secret for one kind of cookie. The
//! first secret encrypts, all decrypt.

use aes::Aes256;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cbc::cipher::{
    BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use time::{Duration, OffsetDateTime};

use super::{hkdf, jwt, random::Random, token};

/// Bytes of the key: half authenticates, half encrypts (RFC 7518, section 5.2.5).
const KEY_LENGTH: usize = 64;

/// Bytes of the authentication tag: half of HMAC-SHA512.
const TAG_LENGTH: usize = 32;

/// Bytes of the initialization vector: one block of AES.
const VECTOR_LENGTH: usize = 16;

/// How far apart clocks may be, as better-auth has it.
const CLOCK_TOLERANCE: Duration = Duration::seconds(15);

/// What better-auth derives keys for.
const INFO: &[u8] = b"BetterAuth.js Generated Encryption Key";

/// A kind of cookie, whose tokens no other kind decrypts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A copy of the session.
    Session,
    /// A copy of the account that signed in.
    Account,
}

impl Kind {
    const fn salt(self) -> &'static [u8] {
        match self {
            Self::Session => b"better-auth-session",
            Self::Account => b"better-auth-account",
        }
    }
}

/// Encrypts with the first of its secrets and decrypts with any.
pub struct Encrypter {
    keys: Vec<Key>,
}

struct Key {
    mac: Hmac<Sha512>,
    cipher: [u8; KEY_LENGTH / 2],
    /// RFC 7638 thumbprint, by which tokens name the key.
    id: String,
}

/// A token that cannot be made: there is no secret, or its claims cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// There is no secret.
    #[error("there is no secret to encrypt a token with")]
    NoSecret,
    /// The claims.
    #[error("the claims of a token could not be written as JSON")]
    Claims(#[from] serde_json::Error),
}

impl Encrypter {
    /// An encrypter for cookies of `kind` with `secrets`, of which the first encrypts.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>, kind: Kind) -> Self {
        let keys = secrets
            .into_iter()
            .filter_map(|secret| Key::derive(secret.as_ref(), kind));
        Self {
            keys: keys.collect(),
        }
    }

    /// A token that says `claims` from `now` on for `lifetime`, of which whole seconds count.
    ///
    /// # Errors
    /// There is no secret.
    pub fn encrypt(
        &self,
        mut claims: Map<String, Value>,
        now: OffsetDateTime,
        lifetime: Duration,
        random: &Random,
    ) -> Result<String, EncryptError> {
        let key = self.keys.first().ok_or(EncryptError::NoSecret)?;
        let issued_at = now.unix_timestamp();
        claims.insert("iat".to_owned(), issued_at.into());
        let expires_at = issued_at.saturating_add(lifetime.whole_seconds());
        claims.insert("exp".to_owned(), expires_at.into());
        claims.insert("jti".to_owned(), token::uuid(random).into());
        let header = json!({ "alg": "dir", "enc": "A256CBC-HS512", "kid": key.id });
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
        let mut vector = [0; VECTOR_LENGTH];
        random.fill(&mut vector);
        let text = cbc::Encryptor::<Aes256>::new((&key.cipher).into(), &vector.into())
            .encrypt_padded_vec::<Pkcs7>(&serde_json::to_vec(&claims)?);
        let tag = &key.mac(&header, &vector, &text).finalize().into_bytes()[..TAG_LENGTH];
        let [vector, text, tag] =
            [&vector[..], &text, tag].map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok(format!("{header}..{vector}.{text}.{tag}"))
    }

    /// What `token` says, if any of the secrets has encrypted it for this kind of cookie and it is good at the time
    /// `now`.
    pub fn decrypt(&self, token: &str, now: OffsetDateTime) -> Option<Map<String, Value>> {
        let token = Parts::parse(token)?;
        let text = self
            .keys
            .iter()
            .filter(|key| token.key_id.as_ref().is_none_or(|id| *id == key.id))
            .find_map(|key| key.decrypt(&token))?;
        let claims = serde_json::from_slice(&text).ok()?;
        jwt::check_times(&claims, now, CLOCK_TOLERANCE).ok()?;
        Some(claims)
    }
}

impl Key {
    /// None never: HMAC takes keys of every length.
    fn derive(secret: &[u8], kind: Kind) -> Option<Self> {
        let bytes: [u8; KEY_LENGTH] = hkdf::derive(secret, kind.salt(), INFO);
        let (mac, cipher) = bytes.split_first_chunk::<{ KEY_LENGTH / 2 }>()?;
        let jwk = format!(r#"{{"k":"{}","kty":"oct"}}"#, URL_SAFE_NO_PAD.encode(bytes));
        Some(Self {
            mac: Hmac::new_from_slice(mac).ok()?,
            cipher: cipher.try_into().ok()?,
            id: URL_SAFE_NO_PAD.encode(Sha256::digest(jwk)),
        })
    }

    fn mac(&self, header: &str, vector: &[u8], text: &[u8]) -> Hmac<Sha512> {
        let header_bits = (header.len() as u64).saturating_mul(8);
        let mut mac = self.mac.clone();
        mac.update(header.as_bytes());
        mac.update(vector);
        mac.update(text);
        mac.update(&header_bits.to_be_bytes());
        mac
    }

    fn decrypt(&self, token: &Parts<'_>) -> Option<Vec<u8>> {
        self.mac(token.header, &token.vector, &token.text)
            .verify_truncated_left(&token.tag)
            .ok()?;
        cbc::Decryptor::<Aes256>::new((&self.cipher).into(), &token.vector.into())
            .decrypt_padded_vec::<Pkcs7>(&token.text)
            .ok()
    }
}

/// A token in its parts, which nobody has authenticated.
struct Parts<'a> {
    header: &'a str,
    key_id: Option<String>,
    vector: [u8; VECTOR_LENGTH],
    text: Vec<u8>,
    tag: [u8; TAG_LENGTH],
}

impl<'a> Parts<'a> {
    fn parse(token: &'a str) -> Option<Self> {
        let mut parts = token.split('.');
        let mut next = || parts.next();
        let (header, encrypted_key) = (next()?, next()?);
        let [vector, text, tag] =
            [next()?, next()?, next()?].map(|part| URL_SAFE_NO_PAD.decode(part).ok());
        if !encrypted_key.is_empty() || next().is_some() {
            return None;
        }
        let parameters: Map<String, Value> =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let parameter = |name: &str| parameters.get(name).and_then(Value::as_str);
        let is_ours = parameter("alg") == Some("dir")
            && parameter("enc") == Some("A256CBC-HS512")
            && !["crit", "zip"]
                .iter()
                .any(|name| parameters.contains_key(*name));
        is_ours.then_some(Self {
            header,
            key_id: parameter("kid").map(str::to_owned),
            vector: vector?.try_into().ok()?,
            text: text?,
            tag: tag?.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests;
