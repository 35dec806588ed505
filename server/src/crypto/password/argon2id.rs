//! Argon2 hashes in PHC string format (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`).

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use authbackend_crds::auth::Argon2id;
use subtle::ConstantTimeEq;

use super::PasswordError;

/// Bytes in a hash, as in the PHC examples of RFC 9106's reference implementation.
const OUTPUT_LENGTH: usize = 32;

/// Most memory that a stored hash may ask for, in KiB: the upper end of the setting `argon2id.memoryKiB`.
const MAX_MEMORY_KIB: u32 = 1_048_576;

/// The working memory of argon2, kept between hashes: fresh memory costs up to half the time of a hash.
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.len() < count {
            self.0.resize(count, Block::default());
        }
        &mut self.0[..count]
    }
}

/// The parameters for a cost.
pub(super) fn params(cost: &Argon2id) -> Result<Params, PasswordError> {
    Params::new(
        cost.memory_kib(),
        cost.iterations(),
        cost.parallelism(),
        Some(OUTPUT_LENGTH),
    )
    .map_err(|_| PasswordError::Parameters)
}

pub(super) fn hash(
    password: &str,
    salt: [u8; super::SALT_LENGTH],
    params: &Params,
    memory: &mut Memory,
) -> Result<String, PasswordError> {
    let mut output = [0; OUTPUT_LENGTH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(
            password.as_bytes(),
            &salt,
            &mut output,
            memory.blocks(params),
        )
        .map_err(|_| PasswordError::Parameters)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| PasswordError::Parameters)?,
        salt: Some(Salt::new(&salt).map_err(|_| PasswordError::Parameters)?),
        hash: Some(Output::new(&output).map_err(|_| PasswordError::Parameters)?),
    };
    Ok(hash.to_string())
}

/// What the work of a hash depends on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cost {
    algorithm: Algorithm,
    version: Version,
    /// With the usual length of the output, which costs nothing.
    params: Params,
}

impl Cost {
    /// That of hashes made with `params`.
    pub(super) fn new(params: &Params) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: params.clone(),
        }
    }

    /// That of `stored`, if it is a hash that can be verified.
    pub(super) fn of(stored: &str) -> Option<Self> {
        let stored = PasswordHash::new(stored).ok()?;
        let (algorithm, version, params) = parts(&stored).ok()?;
        let output = Some(OUTPUT_LENGTH);
        let params = Params::new(params.m_cost(), params.t_cost(), params.p_cost(), output);
        Some(Self {
            algorithm,
            version,
            params: params.ok()?,
        })
    }

    /// Computes a hash that nobody needs.
    pub(super) fn spend(&self, password: &str, memory: &mut Memory) -> Result<(), PasswordError> {
        let mut output = [0; OUTPUT_LENGTH];
        Argon2::new(self.algorithm, self.version, self.params.clone())
            .hash_password_into_with_memory(
                password.as_bytes(),
                &[0; super::SALT_LENGTH],
                &mut output,
                memory.blocks(&self.params),
            )
            .map_err(|_| PasswordError::Parameters)
    }
}

/// What `stored` was made by.
fn parts(stored: &PasswordHash) -> Result<(Algorithm, Version, Params), PasswordError> {
    let algorithm =
        Algorithm::try_from(stored.algorithm.as_str()).map_err(|_| PasswordError::UnknownFormat)?;
    let version = stored
        .version
        .map_or(Ok(Version::default()), Version::try_from)
        .map_err(|_| PasswordError::UnknownFormat)?;
    let params = Params::try_from(stored).map_err(|_| PasswordError::Parameters)?;
    if params.m_cost() > MAX_MEMORY_KIB {
        return Err(PasswordError::Parameters);
    }
    Ok((algorithm, version, params))
}

pub(super) fn verify(
    stored: &str,
    password: &str,
    memory: &mut Memory,
) -> Result<bool, PasswordError> {
    let stored = PasswordHash::new(stored).map_err(|_| PasswordError::UnknownFormat)?;
    let (algorithm, version, params) = parts(&stored)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(PasswordError::UnknownFormat);
    };
    let mut output = vec![0; expected.len()];
    Argon2::new(algorithm, version, params.clone())
        .hash_password_into_with_memory(
            password.as_bytes(),
            &salt,
            &mut output,
            memory.blocks(&params),
        )
        .map_err(|_| PasswordError::Parameters)?;
    Ok(output.ct_eq(expected.as_bytes()).into())
}

/// Whether `stored` is an argon2id hash of the current version with exactly `params`.
pub(super) fn has_params(stored: &str, params: &Params) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else {
        return false;
    };
    let Ok(found) = Params::try_from(&stored) else {
        return false;
    };
    stored.algorithm == Algorithm::Argon2id.ident()
        && stored.version == Some(Version::V0x13.into())
        && found.m_cost() == params.m_cost()
        && found.t_cost() == params.t_cost()
        && found.p_cost() == params.p_cost()
        && found.output_len() == params.output_len()
}
