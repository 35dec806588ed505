//! Cryptography without I/O: signatures, passwords, random values.

pub mod hmac;
pub mod password;
pub mod random;
pub mod token;
