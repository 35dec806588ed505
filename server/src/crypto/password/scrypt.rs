//! better-auth's scrypt format: `<salt>:<key>`, 32 and 128 hexadecimal characters.
//!
//! The salt that enters scrypt is the hexadecimal text itself, not the bytes that it spells.

use scrypt::Params;
use subtle::ConstantTimeEq;

use super::PasswordError;

/// log2 of N = 16384, the number of iterations that better-auth uses.
const LOG_N: u8 = 14;
/// Block size; with N it makes 32 MiB of memory.
const R: u32 = 16;
/// Lanes.
const P: u32 = 1;
/// Bytes in the derived key.
const KEY_LENGTH: usize = 64;

pub(super) fn hash(
    password: &str,
    salt: [u8; super::SALT_LENGTH],
) -> Result<String, PasswordError> {
    let salt = hex(&salt);
    let key = derive(password, &salt)?;
    Ok(format!("{salt}:{}", hex(&key)))
}

pub(super) fn verify(stored: &str, password: &str) -> Result<bool, PasswordError> {
    let (salt, expected) = split(stored).ok_or(PasswordError::UnknownFormat)?;
    let key = hex(&derive(password, salt)?);
    Ok(key.as_bytes().ct_eq(expected.as_bytes()).into())
}

/// Computes a hash that nobody needs.
pub(super) fn spend(password: &str) -> Result<(), PasswordError> {
    derive(password, "").map(|_| ())
}

/// Whether `stored` has this format.
pub(super) fn recognizes(stored: &str) -> bool {
    split(stored).is_some()
}

/// The salt and the key, both as text. Like better-auth, takes any two for a hash, if perhaps one of no password.
fn split(stored: &str) -> Option<(&str, &str)> {
    let mut parts = stored.split(':');
    let (salt, key) = (parts.next()?, parts.next()?);
    (!salt.is_empty() && !key.is_empty()).then_some((salt, key))
}

fn derive(password: &str, salt: &str) -> Result<[u8; KEY_LENGTH], PasswordError> {
    let params = Params::new(LOG_N, R, P).map_err(|_| PasswordError::Parameters)?;
    let mut key = [0; KEY_LENGTH];
    scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &params, &mut key)
        .map_err(|_| PasswordError::Parameters)?;
    Ok(key)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
