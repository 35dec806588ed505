//! How the writes of one reconcile went.

use crate::failure::{Class, Failure};

/// How the writes of one reconcile went. One that fails stops only those that depend on it.
#[derive(Default)]
pub(super) struct Writes {
    first: Option<Failure>,
}

impl Writes {
    /// Takes note of a write. Answers whether it succeeded. The error is that this process may not write any more.
    pub(super) fn note(&mut self, written: Result<(), Failure>) -> Result<bool, Failure> {
        let Err(failure) = written else {
            return Ok(true);
        };
        if failure.class == Class::NotLeader {
            return Err(failure);
        }
        if self.first.is_some() {
            // The error policy logs the first one.
            tracing::warn!(%failure, "failed too");
        } else {
            self.first = Some(failure);
        }
        Ok(false)
    }

    /// The first failure.
    pub(super) fn into_result(self) -> Result<(), Failure> {
        self.first.map_or(Ok(()), Err)
    }
}
