//! Password hashes: argon2id in PHC string format, and better-auth's own scrypt format.
//!
//! Pure computation of tens of milliseconds: [`crate::hasher`] runs it off the threads that serve requests.

mod argon2id;
mod scrypt;

use authbackend_crds::auth::{HashAlgorithm, PasswordHashing};
use unicode_normalization::UnicodeNormalization;

pub use argon2id::{Cost, Memory};

use super::random::Random;

/// Random bytes in a salt: 128 bits, as RFC 9106 and better-auth have it.
const SALT_LENGTH: usize = 16;

/// How new hashes are made.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// Argon2id with a cost.
    Argon2id(argon2::Params),
    /// better-auth's scrypt, whose cost is fixed.
    Scrypt,
}

/// What the work of checking a password depends on: how the stored hash was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Argon2 at a cost.
    Argon2(Cost),
    /// better-auth's scrypt.
    Scrypt,
}

/// A hash that cannot be computed or read. Holds neither password nor hash.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is of no known format.
    #[error("the stored password hash has an unknown format")]
    UnknownFormat,
    /// The parameters are out of the algorithm's range.
    #[error("the parameters of the password hash are out of range")]
    Parameters,
}

impl Scheme {
    /// The scheme that the settings ask for.
    ///
    /// # Errors
    /// The cost of argon2id is out of the algorithm's range.
    pub fn new(settings: &PasswordHashing) -> Result<Self, PasswordError> {
        match settings.hash() {
            HashAlgorithm::Argon2id => argon2id::params(&settings.argon2id()).map(Self::Argon2id),
            HashAlgorithm::Scrypt => Ok(Self::Scrypt),
        }
    }

    /// Hashes `password` with a new salt.
    ///
    /// # Errors
    /// The parameters are out of range.
    pub fn hash(
        &self,
        password: &str,
        random: &Random,
        memory: &mut Memory,
    ) -> Result<String, PasswordError> {
        let mut salt = [0; SALT_LENGTH];
        random.fill(&mut salt);
        let password = normalize(password);
        match self {
            Self::Argon2id(params) => argon2id::hash(&password, salt, params, memory),
            Self::Scrypt => scrypt::hash(&password, salt),
        }
    }

    /// The kind of the hashes that this makes.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Argon2id(params) => Kind::Argon2(Cost::new(params)),
            Self::Scrypt => Kind::Scrypt,
        }
    }

    /// Whether `stored` was made by another algorithm or with other parameters than this scheme's.
    pub fn is_outdated(&self, stored: &str) -> bool {
        match self {
            Self::Argon2id(params) => !argon2id::has_params(stored, params),
            Self::Scrypt => !scrypt::recognizes(stored),
        }
    }
}

impl Kind {
    /// The kind of `stored`; none if it is no hash that can be verified.
    pub fn of(stored: &str) -> Option<Self> {
        if stored.starts_with('$') {
            Cost::of(stored).map(Self::Argon2)
        } else {
            scrypt::recognizes(stored).then_some(Self::Scrypt)
        }
    }

    /// The name of the algorithm.
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::Argon2(_) => "argon2",
            Self::Scrypt => "scrypt",
        }
    }

    /// Does the work of checking `password` against a hash of this kind.
    ///
    /// # Errors
    /// The cost is out of the algorithm's range.
    pub fn spend(&self, password: &str, memory: &mut Memory) -> Result<(), PasswordError> {
        let password = normalize(password);
        match self {
            Self::Argon2(cost) => cost.spend(&password, memory),
            Self::Scrypt => scrypt::spend(&password),
        }
    }
}

/// Whether `stored`, a hash of any known format, is that of `password`.
///
/// # Errors
/// The stored hash is of no known format, or needs more memory than the settings may ask for.
pub fn verify(stored: &str, password: &str, memory: &mut Memory) -> Result<bool, PasswordError> {
    let password = normalize(password);
    if stored.starts_with('$') {
        argon2id::verify(stored, &password, memory)
    } else {
        scrypt::verify(stored, &password)
    }
}

/// Whether `password` is shorter than `limit` UTF-16 code units, which is how JavaScript counts.
pub fn is_shorter(password: &str, limit: u32) -> bool {
    password.encode_utf16().count() < limit as usize
}

/// Whether `password` is longer than `limit` UTF-16 code units, which is how JavaScript counts.
pub fn is_longer(password: &str, limit: u32) -> bool {
    password.encode_utf16().nth(limit as usize).is_some()
}

/// Unicode form NFKC: the same characters typed on another device give the same hash.
fn normalize(password: &str) -> String {
    password.nfkc().collect()
}

#[cfg(test)]
mod tests;
