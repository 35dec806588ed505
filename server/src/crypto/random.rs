//! The one source of random values: injected, so that tests repeat.

use std::sync::{Mutex, PoisonError};

use rand::{
    Rng, SeedableRng,
    rngs::{StdRng, SysError, SysRng},
};

/// A cryptographically secure generator, shared by all requests.
pub struct Random(Mutex<StdRng>);

/// A generator of one's own, for libraries that want one.
pub type Generator = StdRng;

impl Random {
    /// Seeded by the operating system.
    ///
    /// # Errors
    /// The operating system's source of randomness failed.
    pub fn from_system() -> Result<Self, SysError> {
        Ok(Self(Mutex::new(StdRng::try_from_rng(&mut SysRng)?)))
    }

    /// Repeats the same values for the same `seed`: for tests.
    pub fn from_seed(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// Fills `bytes` with random values.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }

    /// A generator of one's own, seeded by this one.
    pub fn fork(&self) -> Generator {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        StdRng::from_seed(seed)
    }
}
