//! Verifying by public keys.

use p521::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value};

use super::{
    Algorithm, Compact, Jwk, Jwks,
    jwk::{decode, decode_number},
};

/// What a verified token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The header.
    pub header: Map<String, Value>,
    /// The claims, of which nobody has looked at any: see [`check_times`](crate::crypto::jwt::check_times).
    pub claims: Map<String, Value>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwsError {
    /// It is none, or demands extensions that are not known here.
    #[error("the token is malformed")]
    Malformed,
    /// It is signed by an algorithm that the caller does not allow.
    #[error("the token's signature algorithm is not allowed")]
    Algorithm,
    /// The set has no key for it. A provider may have new keys since the set was fetched.
    #[error("no key of the key set is that of the token")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
}

/// Verifies the signature of `token` by the key in `keys` that its header names, or by any that fits where it names
/// none. The algorithm has to be one of `allowed`: the token's word alone decides nothing.
///
/// # Errors
/// See [`JwsError`].
pub fn verify(keys: &Jwks, token: &str, allowed: &[Algorithm]) -> Result<Verified, JwsError> {
    let token = Compact::parse(token).ok_or(JwsError::Malformed)?;
    let algorithm = token
        .parameter("alg")
        .and_then(Algorithm::from_name)
        .filter(|algorithm| allowed.contains(algorithm))
        .ok_or(JwsError::Algorithm)?;
    let kid = token.parameter("kid");
    let mut candidates = keys
        .keys
        .iter()
        .filter(|key| kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)))
        .filter(|key| key.verifies(algorithm))
        .peekable();
    if candidates.peek().is_none() {
        return Err(JwsError::UnknownKey);
    }
    if !candidates.any(|key| is_signed_by(key, algorithm, &token)) {
        return Err(JwsError::Signature);
    }
    let claims = serde_json::from_slice(&token.payload).map_err(|_| JwsError::Malformed)?;
    Ok(Verified {
        header: token.header,
        claims,
    })
}

fn is_signed_by(key: &Jwk, algorithm: Algorithm, token: &Compact<'_>) -> bool {
    match algorithm {
        Algorithm::EdDsa => by_bytes(&signature::ED25519, decode(key.x.as_ref()), token),
        Algorithm::Es256 => by_bytes(&signature::ECDSA_P256_SHA256_FIXED, key.point(32), token),
        Algorithm::Es384 => by_bytes(&signature::ECDSA_P384_SHA384_FIXED, key.point(48), token),
        Algorithm::Es512 => by_p521(key, token),
        Algorithm::Rs256 => by_rsa(&signature::RSA_PKCS1_2048_8192_SHA256, key, token),
        Algorithm::Rs384 => by_rsa(&signature::RSA_PKCS1_2048_8192_SHA384, key, token),
        Algorithm::Rs512 => by_rsa(&signature::RSA_PKCS1_2048_8192_SHA512, key, token),
        Algorithm::Ps256 => by_rsa(&signature::RSA_PSS_2048_8192_SHA256, key, token),
        Algorithm::Ps384 => by_rsa(&signature::RSA_PSS_2048_8192_SHA384, key, token),
        Algorithm::Ps512 => by_rsa(&signature::RSA_PSS_2048_8192_SHA512, key, token),
    }
    .is_some()
}

fn by_bytes(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    key: Option<Vec<u8>>,
    token: &Compact<'_>,
) -> Option<()> {
    UnparsedPublicKey::new(algorithm, key?)
        .verify(token.signed.as_bytes(), &token.signature)
        .ok()
}

fn by_rsa(parameters: &'static RsaParameters, key: &Jwk, token: &Compact<'_>) -> Option<()> {
    let key = RsaPublicKeyComponents {
        n: decode_number(key.n.as_ref())?,
        e: decode_number(key.e.as_ref())?,
    };
    key.verify(parameters, token.signed.as_bytes(), &token.signature)
        .ok()
}

fn by_p521(key: &Jwk, token: &Compact<'_>) -> Option<()> {
    let key = VerifyingKey::from_sec1_bytes(&key.point(66)?).ok()?;
    let signature = Signature::from_slice(&token.signature).ok()?;
    key.verify(token.signed.as_bytes(), &signature).ok()
}
