//! That the server is about to stop.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use tokio_util::sync::CancellationToken;

/// Whether the server is about to stop. Clones share it.
///
/// A token alone would do, but takes a lock to be asked, and every answer asks.
#[derive(Clone, Debug, Default)]
pub struct Draining {
    has_begun: Arc<AtomicBool>,
    token: CancellationToken,
}

impl Draining {
    /// It is not.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on it is.
    pub fn begin(&self) {
        self.has_begun.store(true, SeqCst);
        self.token.cancel();
    }

    /// Whether it is.
    pub fn has_begun(&self) -> bool {
        self.has_begun.load(SeqCst)
    }

    /// Cancelled when it is.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}
