//! JSON Web Signatures in compact form (RFC 7515), by public keys: verified against a provider's key set, made with
//! a key of one's own.

mod algorithm;
mod compact;
mod jwk;
mod private_key;
mod rsa;
mod verify;

pub use algorithm::Algorithm;
pub use compact::{Compact, encode};
pub use jwk::{Jwk, Jwks};
pub use private_key::{KeyError, PrivateJwk, PrivateKey, generate};
pub use verify::{JwsError, Verified, verify};

#[cfg(test)]
mod tests;
