//! The limit of sign-in: how many passwords the processors can hash.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// The auth server's default parameters: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Bytes of a hash.
const LENGTH: usize = 32;

/// Hashes per second on all processors at once, for `span`.
pub fn rate(span: Duration) -> Result<f64> {
    let threads = thread::available_parallelism()?.get();
    let start = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| thread::spawn(move || count(start, span)))
        .collect();
    let mut hashes = 0_u32;
    for worker in workers {
        let counted = worker.join().map_err(|_| anyhow!("hashing panicked"))??;
        hashes += counted;
    }
    Ok(f64::from(hashes) / start.elapsed().as_secs_f64())
}

fn count(start: Instant, span: Duration) -> Result<u32> {
    let failed = |error: argon2::Error| anyhow!("argon2: {error}");
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(LENGTH)).map_err(failed)?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; LENGTH];
    let mut hashes = 0;
    while start.elapsed() < span {
        argon2
            .hash_password_into_with_memory(
                b"correct horse",
                b"0123456789abcdef",
                &mut hash,
                &mut memory,
            )
            .map_err(failed)?;
        hashes += 1;
    }
    Ok(hashes)
}
