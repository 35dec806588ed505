//! What is known about changes of users and sessions, for those who remember what they have read of them.
//!
//! Whoever remembers notes the [`Moment`] before it reads, and asks before each use whether the user has changed since.
//! Nothing has to be found and removed when something changes: what is remembered is outdated from then on, also when
//! it was read before the change and remembered after it.
//!
//! Changes come from two sides. Stores of this process tell theirs when they are permanent, before the answer is sent.
//! Postgres tells every other: triggers notify a channel that the [`listener`] hears, so that it does not matter
//! who changes a row. Whether that works is proven by notifications that go through the pool and must come back; the
//! proof holds for [`LEASE`] and counts from when it was sent. Without a proof there is no moment to note, and nothing
//! remembered is used.

mod listener;
mod triggers;

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use tokio::time::Instant;

pub use listener::Listener;
pub(crate) use triggers::TRIGGERS;
use triggers::are_in_place;

/// For how long a proof holds that changes are heard of: how long something outdated may be used after the connection
/// to the database went silent without an end. Nothing else lets anything outdated be used.
pub const LEASE: Duration = Duration::from_secs(2);

/// Users that share a stripe change together. A power of two; 65,536 counters take 512 KiB.
const STRIPES: usize = 1 << 16;

/// A point in the order of changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment(u64);

/// Where it is noted when a user changed last.
#[derive(Clone, Copy, Debug)]
pub struct Place(usize);

/// Which users have changed since when, and whether that is known.
pub struct Changes {
    started: Instant,
    hasher: RandomState,
    /// Counts changes.
    latest: AtomicU64,
    /// When every user changed last.
    everyone: AtomicU64,
    /// When the users of each stripe changed last.
    stripes: Box<[AtomicU64]>,
    /// Microseconds after `started` until which changes are known to be heard of; 0 while they are not.
    proven_until: AtomicU64,
}

impl Changes {
    /// Nothing is known to be heard of yet.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            hasher: RandomState::new(),
            latest: AtomicU64::new(0),
            everyone: AtomicU64::new(0),
            stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
            proven_until: AtomicU64::new(0),
        }
    }

    /// Now, to be noted before something is read; none while changes are not known to be heard of.
    pub fn moment(&self) -> Option<Moment> {
        // The order matters to nobody else: whatever changes after this line is newer than the moment.
        let moment = Moment(self.latest.load(SeqCst));
        self.is_proven().then_some(moment)
    }

    /// Where changes of the user `user_id` are noted.
    pub fn place(&self, user_id: &str) -> Place {
        let hash = self.hasher.hash_one(user_id);
        Place(usize::try_from(hash).unwrap_or(0) % STRIPES)
    }

    /// Whether what was read after `moment` of the user whose changes are noted at `place` is as it was. False where that is
    /// not known.
    pub fn is_unchanged(&self, Place(index): Place, moment: Moment) -> bool {
        let stripe = self.stripes.get(index);
        self.is_proven()
            && self.everyone.load(SeqCst) <= moment.0
            && stripe.is_some_and(|changed| changed.load(SeqCst) <= moment.0)
    }

    /// Whether changes are known to be heard of.
    pub fn is_proven(&self) -> bool {
        self.microseconds(Instant::now()) < self.proven_until.load(SeqCst)
    }

    /// Notes that the user `user_id` or one of their sessions has changed, permanently.
    pub fn user_changed(&self, user_id: &str) {
        let now = self.next();
        let Place(index) = self.place(user_id);
        if let Some(changed) = self.stripes.get(index) {
            changed.fetch_max(now, SeqCst);
        }
    }

    /// Notes that anybody may have changed.
    pub fn everyone_changed(&self) {
        self.everyone.fetch_max(self.next(), SeqCst);
    }

    /// Notes that every change before `sent` has been heard of.
    pub(crate) fn prove(&self, sent: Instant) {
        let until = self.microseconds(sent + LEASE);
        self.proven_until.fetch_max(until, SeqCst);
    }

    /// Notes that changes are not heard of any more.
    pub(crate) fn lose(&self) {
        self.proven_until.store(0, SeqCst);
        self.everyone_changed();
    }

    fn next(&self) -> u64 {
        self.latest.fetch_add(1, SeqCst) + 1
    }

    fn microseconds(&self, instant: Instant) -> u64 {
        let elapsed = instant.saturating_duration_since(self.started);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
