//! Password hashing on threads of its own, a bounded number at a time, with a bounded queue.

mod kinds;
mod workers;

use std::{io, sync::Arc};

use authbackend_crds::auth::EmailAndPassword;
use authbackend_otlp::TARGET;
use tracing::Instrument as _;

use self::{
    kinds::Kinds,
    workers::{Refused, Workers},
};
use crate::{
    crypto::{
        password::{self, Kind, Memory, PasswordError, Scheme},
        random::Random,
    },
    metrics::HashGauges,
};

/// Whoever is refused should come back after so many seconds: by then the queue has been worked off.
pub const RETRY_AFTER_SECONDS: u64 = workers::MAX_WAIT.as_secs();

/// Hashes and verifies passwords. Clones share their threads.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    computes: Arc<Computes>,
    workers: Workers,
}

/// What the threads share.
struct Computes {
    scheme: Scheme,
    rehashes: bool,
    random: Arc<Random>,
    kinds: Kinds,
    gauges: HashGauges,
}

/// What the check of a password found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The password is the right one.
    pub correct: bool,
    /// The password is right and its stored hash should be replaced by one of the current scheme.
    pub outdated: bool,
}

/// A hash that was not computed. No error of the standard kind: what is answered to `Busy` is no failure of the server.
#[derive(Debug)]
pub enum HasherError {
    /// Too many passwords wait to be hashed.
    Busy,
    /// The stored hash or the parameters cannot be used.
    Password(PasswordError),
    /// The server is shutting down.
    Stopped,
}

/// Why there is no hasher.
#[derive(Debug, thiserror::Error)]
pub enum HasherStartError {
    /// The cost of argon2id is out of the algorithm's range.
    #[error("emailAndPassword.password.argon2id: {0}")]
    Password(#[from] PasswordError),
    /// The system gives no thread.
    #[error("no thread to hash passwords on: {0}")]
    Thread(#[from] io::Error),
}

impl Hasher {
    /// A hasher for the settings, on `threads` threads unless the settings say how many.
    ///
    /// # Errors
    /// The cost of argon2id is out of the algorithm's range, or there are no threads.
    pub fn new(
        settings: &EmailAndPassword,
        threads: u32,
        random: Arc<Random>,
        gauges: HashGauges,
    ) -> Result<Self, HasherStartError> {
        let settings = settings.password();
        let threads = settings.max_concurrent.unwrap_or(threads).max(1);
        let scheme = Scheme::new(&settings)?;
        Ok(Self(Arc::new(Inner {
            computes: Arc::new(Computes {
                kinds: Kinds::new(scheme.kind()),
                scheme,
                rehashes: settings.rehash_on_sign_in(),
                random,
                gauges: gauges.clone(),
            }),
            workers: Workers::start(threads, gauges)?,
        })))
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// Too many wait, the parameters are out of range, or the server is shutting down.
    pub async fn hash(&self, password: String) -> Result<String, HasherError> {
        self.run(move |hasher, memory| hasher.hash(&password, memory))
            .await
    }

    /// Whether `password` is that of the stored hash, for whoever knows already whose it is.
    ///
    /// # Errors
    /// Too many wait, the stored hash has an unknown format, or the server is shutting down.
    pub async fn verify(&self, stored: String, password: String) -> Result<bool, HasherError> {
        self.run(move |hasher, memory| hasher.verify(&stored, &password, memory))
            .await
    }

    /// Checks `password` against the stored hash of whoever says who they are, if they have one. Whatever is wrong, the
    /// work is the same: one hash of each kind that is stored. So the time tells neither whether a user exists nor how
    /// their hash was made.
    ///
    /// # Errors
    /// Too many wait, the stored hash has an unknown format, or the server is shutting down.
    pub async fn authenticate(
        &self,
        stored: Option<String>,
        password: String,
    ) -> Result<Verdict, HasherError> {
        self.run(move |hasher, memory| {
            let correct = match &stored {
                Some(stored) => hasher.verify(stored, &password, memory)?,
                None => false,
            };
            let is_outdated = |stored: &String| hasher.scheme.is_outdated(stored);
            if !correct {
                hasher.spend_others(stored.as_deref(), &password, memory)?;
            }
            Ok(Verdict {
                correct,
                outdated: correct && hasher.rehashes && stored.as_ref().is_some_and(is_outdated),
            })
        })
        .await
    }

    /// Tells of hashes of every kind that is stored. Until then better-auth's are taken to be among them.
    pub fn know(&self, stored: &[String]) {
        let kinds = stored.iter().filter_map(|stored| Kind::of(stored));
        self.0.computes.kinds.complete(kinds);
    }

    async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Computes, &mut Memory) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, HasherError> {
        let computes = Arc::clone(&self.0.computes);
        let computed = self
            .0
            .workers
            .run(move |memory| compute(&computes, memory))
            .instrument(tracing::info_span!(target: TARGET, "hash a password"))
            .await;
        match computed {
            Ok(result) => result.map_err(HasherError::Password),
            Err(Refused::Busy) => Err(HasherError::Busy),
            Err(Refused::Stopped) => Err(HasherError::Stopped),
        }
    }
}

impl Computes {
    fn hash(&self, password: &str, memory: &mut Memory) -> Result<String, PasswordError> {
        self.gauges.count_computed(self.scheme.kind().algorithm());
        self.scheme.hash(password, &self.random, memory)
    }

    fn verify(
        &self,
        stored: &str,
        password: &str,
        memory: &mut Memory,
    ) -> Result<bool, PasswordError> {
        if let Some(kind) = Kind::of(stored) {
            self.gauges.count_computed(kind.algorithm());
        }
        password::verify(stored, password, memory)
    }

    /// Does the work of a check against a hash of each kind but that of `stored`.
    fn spend_others(
        &self,
        stored: Option<&str>,
        password: &str,
        memory: &mut Memory,
    ) -> Result<(), PasswordError> {
        let own = stored.and_then(Kind::of);
        for kind in self.kinds.others(own.as_ref()) {
            self.gauges.count_computed(kind.algorithm());
            kind.spend(password, memory)?;
        }
        Ok(())
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
                .authenticate(Some(stored.clone()), password.to_owned())
                .await
                .unwrap();
            assert_eq!(
                verdict,
                Verdict {
                    correct,
                    outdated: false
                }
            );
            let verified = hasher.verify(stored.clone(), password.to_owned()).await;
            assert_eq!(verified.unwrap(), correct);
        }
    }

    #[tokio::test]
    async fn a_missing_hash_is_a_wrong_password() {
        let verdict = hasher(HashAlgorithm::Argon2id, None)
            .authenticate(None, String::new())
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
                .authenticate(Some(stored.clone()), password.to_owned())
                .await
                .unwrap();
            assert_eq!(verdict.outdated, outdated, "{rehashes:?} {password}");
        }
    }
}
