//! Cryptography without I/O: signatures, encryption, passwords, random values.

pub mod hkdf;
pub mod hmac;
pub mod jwe;
pub mod jws;
pub mod jwt;
pub mod password;
pub mod random;
pub mod secret_box;
pub mod tag;
pub mod token;
