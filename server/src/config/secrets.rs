//! The signing secrets: the first signs, all verify, and files are read again when they change.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;

use super::{problem::Problem, value::Value};
use crate::crypto::hmac::Signer;

/// better-auth warns below this length; a shorter secret can be guessed offline from one signed cookie.
const MIN_SECRET_CHARACTERS: usize = 32;

/// Text that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself, for signing, verifying and connecting only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

/// The signing secrets now in force. Clones share them.
#[derive(Clone)]
pub struct Secrets {
    sources: Arc<[Value]>,
    current: Arc<ArcSwap<InForce>>,
}

/// Secrets, and the signer that is made of them: its keys cost as much as a signature.
struct InForce {
    secrets: Arc<[Secret]>,
    signer: Signer,
    /// Of how many secrets they are the successors.
    revision: u64,
}

impl InForce {
    fn new(secrets: Arc<[Secret]>, revision: u64) -> Self {
        Self {
            signer: Signer::new(secrets.iter().map(Secret::expose)),
            secrets,
            revision,
        }
    }
}

impl Secrets {
    /// Secrets that never change. `first` signs, `others` only verify.
    pub fn fixed(first: &str, others: &[&str]) -> Self {
        let secrets = std::iter::once(&first)
            .chain(others)
            .map(|text| Secret::new(*text))
            .collect();
        Self {
            sources: Arc::new([]),
            current: Arc::new(ArcSwap::from_pointee(InForce::new(secrets, 0))),
        }
    }

    /// Reads every source once; `name` is the variable that a problem names.
    pub(super) fn read(sources: Vec<Value>, name: &str) -> Result<Self, Vec<Problem>> {
        let secrets = read_all(&sources, name)?;
        Ok(Self {
            sources: sources.into(),
            current: Arc::new(ArcSwap::from_pointee(InForce::new(secrets, 0))),
        })
    }

    /// The secrets in force, never empty: the first signs, all verify. Ask for each request, for they rotate.
    pub fn current(&self) -> Arc<[Secret]> {
        Arc::clone(&self.current.load().secrets)
    }

    /// Signs and verifies with the secrets in force. Ask for each request.
    pub fn signer(&self) -> Signer {
        self.current.load().signer.clone()
    }

    /// A number that is another one once other secrets are in force. What holds under the secrets of one holds for as long
    /// as it stays; whoever notes it has to do so before the secrets are asked for.
    pub fn revision(&self) -> u64 {
        self.current.load().revision
    }

    /// Reads the files again. True when the secrets changed; on a problem the old ones stay in force.
    pub fn refresh(&self) -> Result<bool, Vec<Problem>> {
        if self.sources.iter().all(|source| !source.is_file()) {
            return Ok(false);
        }
        let fresh = read_all(&self.sources, "AUTH_SECRET_FILE")?;
        let old = self.current.load();
        if *fresh == *old.secrets {
            return Ok(false);
        }
        let new = InForce::new(fresh, old.revision + 1);
        self.current.store(Arc::new(new));
        Ok(true)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({} redacted)", self.current().len())
    }
}

fn read_all(sources: &[Value], name: &str) -> Result<Arc<[Secret]>, Vec<Problem>> {
    let mut secrets = Vec::with_capacity(sources.len());
    let mut problems = Vec::new();
    for source in sources {
        match source.read() {
            Ok(text) if text.chars().count() < MIN_SECRET_CHARACTERS => problems.push(Problem::new(
                name,
                format!(
                    "{}is shorter than {MIN_SECRET_CHARACTERS} characters: make one with `openssl rand -base64 32`",
                    source.place()
                ),
            )),
            Ok(text) => secrets.push(Secret::new(text)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(secrets.into())
    } else {
        Err(problems)
    }
}
