//! Keeps a process that is no longer the leader from writing.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// Until when this process may write. Shared by the holder of the lease, which moves it forward, and the client,
/// which asks before each write.
#[derive(Clone, Debug)]
pub struct Fence(Arc<RwLock<Until>>);

#[derive(Clone, Copy, Debug)]
enum Until {
    Never,
    Always,
    Instant(Instant),
}

impl Fence {
    /// Writes are refused until [`Self::open_until`].
    pub fn closed() -> Self {
        Self(Arc::new(RwLock::new(Until::Never)))
    }

    /// Writes are never refused: there is no other replica.
    pub fn open() -> Self {
        Self(Arc::new(RwLock::new(Until::Always)))
    }

    /// Writes are allowed until `end`.
    pub fn open_until(&self, end: Instant) {
        self.set(Until::Instant(end));
    }

    /// Writes are refused from now on.
    pub fn close(&self) {
        self.set(Until::Never);
    }

    /// Whether a write may start at `now`.
    pub fn allows(&self, now: Instant) -> bool {
        match *self.0.read().unwrap_or_else(PoisonError::into_inner) {
            Until::Never => false,
            Until::Always => true,
            Until::Instant(end) => now < end,
        }
    }

    fn set(&self, until: Until) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = until;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_closed_fence_refuses() {
        assert!(!Fence::closed().allows(Instant::now()));
    }

    #[test]
    fn an_open_fence_allows() {
        assert!(Fence::open().allows(Instant::now()));
    }

    #[test]
    fn writes_end_with_the_term() {
        let (fence, now) = (Fence::closed(), Instant::now());
        fence.open_until(now + Duration::from_secs(10));
        assert!(fence.allows(now + Duration::from_secs(9)));
        assert!(!fence.allows(now + Duration::from_secs(10)));
    }

    #[test]
    fn every_copy_closes() {
        let fence = Fence::open();
        let copy = fence.clone();
        fence.close();
        assert!(!copy.allows(Instant::now()));
    }
}
