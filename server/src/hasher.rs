//! Password hashing off the threads that serve requests, a bounded number at a time.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicI64},
    time::Instant,
};

use authbackend_crds::auth::EmailAndPassword;
use prometheus_client::metrics::gauge::Gauge;
use tokio::{sync::Semaphore, task};

use crate::{
    crypto::{
        password::{self, Memory, PasswordError, Scheme},
        random::Random,
    },
    metrics::HashGauges,
};

/// Hashes and verifies passwords. Clones share their limit and their memory.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    scheme: Scheme,
    rehashes: bool,
    random: Arc<Random>,
    permits: Arc<Semaphore>,
    /// Working memory of hashes that have ended; never more pieces than permits.
    memory: Mutex<Vec<Memory>>,
    gauges: HashGauges,
}

/// Counts one up for as long as it lives.
struct Counted(Gauge<i64, AtomicI64>);

impl Counted {
    fn new(gauge: &Gauge<i64, AtomicI64>) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What the check of a password found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The password is the right one.
    pub correct: bool,
    /// The password is right and its stored hash should be replaced by one of the current scheme.
    pub outdated: bool,
}

/// A hash that was not computed.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// The stored hash or the parameters cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The server is shutting down.
    #[error("password hashing has stopped")]
    Stopped,
}

impl Hasher {
    /// A hasher for the settings; `permits` hashes at a time unless the settings say how many.
    ///
    /// # Errors
    /// The cost of argon2id is out of the algorithm's range.
    pub fn new(
        settings: &EmailAndPassword,
        permits: usize,
        random: Arc<Random>,
        gauges: HashGauges,
    ) -> Result<Self, PasswordError> {
        let settings = settings.password();
        let permits = settings
            .max_concurrent
            .map_or(permits, |permits| permits as usize)
            .max(1);
        gauges.limit.set(i64::try_from(permits).unwrap_or(i64::MAX));
        Ok(Self(Arc::new(Inner {
            scheme: Scheme::new(&settings)?,
            rehashes: settings.rehash_on_sign_in(),
            random,
            permits: Arc::new(Semaphore::new(permits)),
            memory: Mutex::new(Vec::new()),
            gauges,
        })))
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// The parameters are out of range, or the server is shutting down.
    pub async fn hash(&self, password: String) -> Result<String, HasherError> {
        self.run(move |hasher, memory| hasher.scheme.hash(&password, &hasher.random, memory))
            .await
    }

    /// Checks `password` against a stored hash. Without one, takes the time of a hash all the same and finds
    /// the password wrong: the time does not tell whether a user exists.
    ///
    /// # Errors
    /// The stored hash has an unknown format, or the server is shutting down.
    pub async fn verify(
        &self,
        stored: Option<String>,
        password: String,
    ) -> Result<Verdict, HasherError> {
        self.run(move |hasher, memory| {
            let Some(stored) = stored else {
                hasher.scheme.hash(&password, &hasher.random, memory)?;
                return Ok(Verdict {
                    correct: false,
                    outdated: false,
                });
            };
            let correct = password::verify(&stored, &password, memory)?;
            let outdated = correct && hasher.rehashes && hasher.scheme.is_outdated(&stored);
            Ok(Verdict { correct, outdated })
        })
        .await
    }

    /// Runs `compute` when a permit is free. A caller that goes away stops waiting; a hash that has begun
    /// keeps its permit until it ends.
    async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Inner, &mut Memory) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, HasherError> {
        let permits = Arc::clone(&self.0.permits);
        let (waiting, asked) = (Counted::new(&self.0.gauges.waiting), Instant::now());
        let permit = permits
            .acquire_owned()
            .await
            .map_err(|_| HasherError::Stopped)?;
        drop(waiting);
        let inner = Arc::clone(&self.0);
        inner.gauges.wait.observe(asked.elapsed().as_secs_f64());
        let hash = task::spawn_blocking(move || {
            let (_running, begun) = (Counted::new(&inner.gauges.running), Instant::now());
            let mut memory = inner.take_memory();
            let result = compute(&inner, &mut memory);
            inner.keep_memory(memory);
            inner.gauges.duration.observe(begun.elapsed().as_secs_f64());
            drop(permit);
            result
        });
        Ok(hash.await.map_err(|_| HasherError::Stopped)??)
    }
}

impl Inner {
    fn take_memory(&self) -> Memory {
        self.memory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    fn keep_memory(&self, memory: Memory) {
        self.memory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(memory);
    }
}

#[cfg(test)]
mod tests {
    use authbackend_crds::auth::{Argon2id, HashAlgorithm, PasswordHashing};

    use super::*;

    fn hasher(hash: HashAlgorithm, rehash_on_sign_in: Option<bool>) -> Hasher {
        let argon2id = Argon2id {
            memory_kib: Some(8192),
            iterations: Some(1),
            parallelism: None,
        };
        let password = PasswordHashing {
            hash: Some(hash),
            rehash_on_sign_in,
            argon2id: Some(argon2id),
            max_concurrent: Some(1),
        };
        let settings = EmailAndPassword {
            password: Some(password),
            ..EmailAndPassword::default()
        };
        Hasher::new(
            &settings,
            4,
            Arc::new(Random::from_seed(1)),
            HashGauges::default(),
        )
        .unwrap()
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_hash_only() {
        let hasher = hasher(HashAlgorithm::Argon2id, None);
        let stored = hasher.hash("correct horse".to_owned()).await.unwrap();
        for (password, correct) in [("correct horse", true), ("wrong horse", false)] {
            let verdict = hasher
                .verify(Some(stored.clone()), password.to_owned())
                .await
                .unwrap();
            assert_eq!(
                verdict,
                Verdict {
                    correct,
                    outdated: false
                }
            );
        }
    }

    #[tokio::test]
    async fn a_missing_hash_is_a_wrong_password() {
        let verdict = hasher(HashAlgorithm::Argon2id, None)
            .verify(None, String::new())
            .await;
        assert_eq!(
            verdict.unwrap(),
            Verdict {
                correct: false,
                outdated: false
            }
        );
    }

    #[tokio::test]
    async fn a_hash_of_another_algorithm_is_outdated_when_its_password_is_right() {
        let stored = hasher(HashAlgorithm::Scrypt, None)
            .hash("correct horse".to_owned())
            .await
            .unwrap();
        for (rehashes, password, outdated) in [
            (None, "correct horse", true),
            (None, "wrong horse", false),
            (Some(false), "correct horse", false),
        ] {
            let hasher = hasher(HashAlgorithm::Argon2id, rehashes);
            let verdict = hasher
                .verify(Some(stored.clone()), password.to_owned())
                .await
                .unwrap();
            assert_eq!(verdict.outdated, outdated, "{rehashes:?} {password}");
        }
    }

    #[tokio::test]
    async fn no_more_hashes_run_at_once_than_there_are_permits() {
        let hasher = hasher(HashAlgorithm::Argon2id, None);
        let hashes: Vec<_> = (0..4)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.hash("correct horse".to_owned()).await })
            })
            .collect();
        for hash in hashes {
            hash.await.unwrap().unwrap();
        }
        assert_eq!(hasher.0.memory.lock().unwrap().len(), 1);
    }
}
