//! JSON Web Keys (RFC 7517).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::Algorithm;

/// A set of keys, as a provider publishes it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Jwks {
    /// The keys, of which some may be of types that nobody here knows.
    pub keys: Vec<Jwk>,
}

/// A key. Numbers are in base64url, big-endian.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Jwk {
    /// The algorithm that the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// The curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// The public point, or the first of its coordinates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The second coordinate of the public point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The public exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// The type.
    pub kty: String,
    /// The name by which tokens refer to the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// What the key is for: `sig` or `enc`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// What may be done with the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
}

impl Jwk {
    /// Whether signatures of `algorithm` may be verified with the key.
    pub fn verifies(&self, algorithm: Algorithm) -> bool {
        let is_missing_or = |value: &Option<String>, expected| {
            value.as_deref().is_none_or(|value| value == expected)
        };
        self.kty == algorithm.key_type()
            && algorithm
                .curve()
                .is_none_or(|curve| self.crv.as_deref() == Some(curve))
            && is_missing_or(&self.alg, algorithm.name())
            && is_missing_or(&self.usage, "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|operation| operation == "verify"))
    }

    /// The public point of a key on a curve whose coordinates have `length` bytes, uncompressed (SEC 1).
    pub(super) fn point(&self, length: usize) -> Option<Vec<u8>> {
        let (x, y) = (decode(self.x.as_ref())?, decode(self.y.as_ref())?);
        (x.len() == length && y.len() == length).then(|| [&[4], &x[..], &y[..]].concat())
    }
}

/// The bytes of a member.
pub(super) fn decode(value: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(value?).ok()
}

/// The bytes of a number, without leading zeros.
pub(super) fn decode_number(value: Option<&String>) -> Option<Vec<u8>> {
    let bytes = decode(value)?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[first..].to_vec())
}

/// A member with `bytes`.
pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl fmt::Debug for Jwk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Jwk")
            .field("kty", &self.kty)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}
