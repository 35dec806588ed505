//! Private keys: made, read as JSON Web Keys, and used to sign.

use std::fmt;

use p521::{ecdsa::signature::Signer as _, elliptic_curve::sec1::ToSec1Point as _};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPairComponents, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
    },
};
use serde::{Deserialize, Serialize};

use super::{
    Algorithm, Jwk,
    jwk::{decode, decode_number, encode},
    rsa,
};
use crate::crypto::random::Random;

/// A JSON Web Key with its private members.
#[derive(Deserialize, Serialize)]
pub struct PrivateJwk {
    /// The public members.
    #[serde(flatten)]
    pub public: Jwk,
    /// The private key, or the private exponent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) d: Option<String>,
    /// The first prime factor of the modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) p: Option<String>,
    /// The second prime factor of the modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) q: Option<String>,
    /// `d` modulo `p - 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dp: Option<String>,
    /// `d` modulo `q - 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dq: Option<String>,
    /// The inverse of `q` modulo `p`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) qi: Option<String>,
}

/// A key that signs.
pub struct PrivateKey {
    algorithm: Algorithm,
    key: Key,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    P521(Box<p521::ecdsa::SigningKey>),
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
}

/// A key that cannot be used. Says nothing about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// Its members are missing or contradict each other, or it is too short.
    #[error("the private key is invalid for {0}")]
    Invalid(Algorithm),
    /// Nothing here signs by the algorithm.
    #[error("no token is signed by {0} here")]
    Unsupported(Algorithm),
    /// The cryptographic library failed.
    #[error("a token could not be signed by {0}")]
    Sign(Algorithm),
}

impl PrivateKey {
    /// The key `jwk`, which signs by `algorithm`.
    ///
    /// # Errors
    /// The key is none of that algorithm, or nothing here signs by it.
    pub fn new(jwk: &PrivateJwk, algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::EdDsa => ed25519(jwk).map(Key::Ed25519),
            Algorithm::Es256 => p256(jwk).map(Key::P256),
            Algorithm::Es512 => p521(jwk).map(|key| Key::P521(Box::new(key))),
            Algorithm::Rs256 => rsa_key(jwk).map(|key| Key::Rsa(Box::new(key), &RSA_PKCS1_SHA256)),
            Algorithm::Ps256 => rsa_key(jwk).map(|key| Key::Rsa(Box::new(key), &RSA_PSS_SHA256)),
            Algorithm::Es384
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps384
            | Algorithm::Ps512 => return Err(KeyError::Unsupported(algorithm)),
        };
        let key = key.ok_or(KeyError::Invalid(algorithm))?;
        Ok(Self { algorithm, key })
    }

    /// The algorithm by which the key signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The signature of `message`. Algorithms that need random numbers take them from the operating system.
    ///
    /// # Errors
    /// The cryptographic library failed.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        let failed = |_| KeyError::Sign(self.algorithm);
        match &self.key {
            Key::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
            Key::P256(key) => {
                let signature = key.sign(&random, message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Key::P521(key) => {
                let signature: p521::ecdsa::Signature = key
                    .try_sign(message)
                    .map_err(|_| KeyError::Sign(self.algorithm))?;
                Ok(signature.to_bytes().to_vec())
            }
            Key::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(*encoding, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

/// A new key for `algorithm`; `modulus_bits`, a multiple of 1024 from 2048 to 4096, is for RSA alone. Takes long for
/// RSA: up to seconds.
///
/// # Errors
/// Nothing here signs by the algorithm, or `modulus_bits` is out of range.
pub fn generate(
    algorithm: Algorithm,
    modulus_bits: u32,
    random: &Random,
) -> Result<PrivateJwk, KeyError> {
    let jwk = match algorithm {
        Algorithm::EdDsa => generate_ed25519(random),
        Algorithm::Es256 => generate_p256(random),
        Algorithm::Es512 => generate_p521(random),
        Algorithm::Rs256 | Algorithm::Ps256 => rsa::generate(modulus_bits, random),
        _ => return Err(KeyError::Unsupported(algorithm)),
    };
    let mut jwk = jwk.ok_or(KeyError::Invalid(algorithm))?;
    algorithm.key_type().clone_into(&mut jwk.public.kty);
    jwk.public.crv = algorithm.curve().map(str::to_owned);
    Ok(jwk)
}

fn ed25519(jwk: &PrivateJwk) -> Option<Ed25519KeyPair> {
    let (seed, public) = (decode(jwk.d.as_ref())?, decode(jwk.public.x.as_ref())?);
    Ed25519KeyPair::from_seed_and_public_key(&seed, &public).ok()
}

fn p256(jwk: &PrivateJwk) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &decode(jwk.d.as_ref())?,
        &jwk.public.point(32)?,
        &SystemRandom::new(),
    )
    .ok()
}

fn p521(jwk: &PrivateJwk) -> Option<p521::ecdsa::SigningKey> {
    let key = p521::ecdsa::SigningKey::from_slice(&decode(jwk.d.as_ref())?).ok()?;
    let point = key.verifying_key().to_sec1_point(false);
    (point.as_bytes() == jwk.public.point(66)?).then_some(key)
}

fn rsa_key(jwk: &PrivateJwk) -> Option<RsaKeyPair> {
    let number = |member: &Option<String>| decode_number(member.as_ref());
    RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents {
            n: number(&jwk.public.n)?,
            e: number(&jwk.public.e)?,
        },
        d: number(&jwk.d)?,
        p: number(&jwk.p)?,
        q: number(&jwk.q)?,
        dP: number(&jwk.dp)?,
        dQ: number(&jwk.dq)?,
        qInv: number(&jwk.qi)?,
    })
    .ok()
}

fn generate_ed25519(random: &Random) -> Option<PrivateJwk> {
    let mut seed = [0; 32];
    random.fill(&mut seed);
    let key = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
    Some(PrivateJwk::on_curve(&seed, key.public_key().as_ref(), &[]))
}

fn generate_p256(random: &Random) -> Option<PrivateJwk> {
    let mut bytes = [0; 32];
    // All but one of 2^32 values are keys.
    let key = std::iter::repeat_with(|| {
        random.fill(&mut bytes);
        p256::SecretKey::from_slice(&bytes).ok()
    })
    .take(ATTEMPTS)
    .find_map(|key| key)?;
    let point = key.public_key().to_sec1_point(false);
    let (x, y) = point.as_bytes().get(1..)?.split_at_checked(32)?;
    Some(PrivateJwk::on_curve(&key.to_bytes(), x, y))
}

fn generate_p521(random: &Random) -> Option<PrivateJwk> {
    let mut bytes = [0; 66];
    let key = std::iter::repeat_with(|| {
        random.fill(&mut bytes);
        // 521 bits.
        bytes[0] &= 1;
        p521::ecdsa::SigningKey::from_slice(&bytes).ok()
    })
    .take(ATTEMPTS)
    .find_map(|key| key)?;
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes().get(1..)?.split_at_checked(66)?;
    Some(PrivateJwk::on_curve(&key.to_bytes(), x, y))
}

/// How many random numbers are tried as a key, of which nearly every one is.
const ATTEMPTS: usize = 64;

impl PrivateJwk {
    fn on_curve(private: &[u8], x: &[u8], y: &[u8]) -> Self {
        Self {
            public: Jwk {
                x: Some(encode(x)),
                y: (!y.is_empty()).then(|| encode(y)),
                ..Jwk::default()
            },
            d: Some(encode(private)),
            p: None,
            q: None,
            dp: None,
            dq: None,
            qi: None,
        }
    }
}

impl fmt::Debug for PrivateJwk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PrivateJwk")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
