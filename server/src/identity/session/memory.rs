//! Sessions in memory.
//!
//! Keyed by a hash of the token: what is remembered is found by whoever presents the token and by nobody who can read a
//! listing of keys. Whether a copy is still true is asked of [`Changes`] at each use.

mod current;

use std::{
    mem::size_of,
    sync::{Arc, OnceLock},
    time::Duration as StdDuration,
};

use authbackend_crds::auth::MemoryCache;
use quick_cache::Weighter;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use self::current::Copy;
pub use self::current::Current;
use super::SessionUser;
use crate::{
    bounded::{Bounded, bounded},
    db::{Changes, Moment},
    metrics::SessionMemoryMetrics,
};

/// How often the gauges are set, and everything is dropped if the channel is down.
const TIDY_INTERVAL: StdDuration = StdDuration::from_secs(1);

/// At every how many of these times each copy is looked at, and dropped if it is not true any more.
const SWEEP_EVERY: u64 = 30;

/// One in so many of the bytes that sessions may take is left for recognizing the requests that ask for them.
pub const SHARE_OF_REQUESTS: u32 = 8;

/// What an entry takes besides its texts: its own size, the allocations of about ten texts, its place in the table, and the
/// names of its fields as JSON.
const OVERHEAD: usize = size_of::<Copy>() + 10 * 16 + 64 + 320;

/// What an additional field takes besides its texts.
const FIELD_OVERHEAD: usize = 96;

/// How often a text is kept: once more in the JSON.
const TEXTS: usize = 2;

/// Names a session in memory: a hash of its token.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// The key of the session with `token`.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// Sessions in memory, with their users. Bounded; what was used least goes first.
pub struct SessionMemory {
    changes: Arc<Changes>,
    copies: Bounded<SessionKey, Arc<Copy>, Weight>,
    max_age: Duration,
    metrics: SessionMemoryMetrics,
}

/// Counts bytes, and at least so many for each entry that both bounds are kept by one.
#[derive(Clone)]
struct Weight {
    least: u64,
}

impl Weighter<SessionKey, Arc<Copy>> for Weight {
    fn weight(&self, _: &SessionKey, copy: &Arc<Copy>) -> u64 {
        copy.weight.max(self.least)
    }
}

/// What a lookup found.
pub enum Recalled {
    /// The session as the database has it.
    Current(Current),
    /// Nothing: the database has to be asked, and its answer may be remembered as one of after this moment.
    Nothing(Option<Moment>),
}

impl SessionMemory {
    /// As `settings` bound it.
    pub fn new(
        settings: &MemoryCache,
        changes: Arc<Changes>,
        metrics: SessionMemoryMetrics,
    ) -> Self {
        let max_entries = settings.max_entries();
        let max_bytes = settings.max_bytes() - settings.max_bytes() / SHARE_OF_REQUESTS;
        let least = u64::from(max_bytes / max_entries).max(1);
        let capacity = least
            .saturating_mul(max_entries.into())
            .max(max_bytes.into());
        let copies = bounded(max_entries, capacity, Weight { least });
        Self {
            changes,
            copies,
            max_age: Duration::seconds(settings.max_age().into()),
            metrics,
        }
    }

    /// The session with `token`, as the database has it at `now`.
    pub fn recall(&self, token: &str, now: OffsetDateTime) -> Recalled {
        // Noted before the database is asked: what changes in between is newer.
        let moment = self.changes.moment();
        let current = moment.and_then(|_| self.find(&SessionKey::of(token), now));
        if let Some(current) = current {
            self.count_hit();
            Recalled::Current(current)
        } else {
            self.metrics.misses.inc();
            Recalled::Nothing(moment)
        }
    }

    /// Counts a session that was answered from memory.
    pub fn count_hit(&self) {
        self.metrics.hits.inc();
    }

    /// The session of `key`, as the database has it at `now`. Neither a hit nor a miss yet: whoever does not answer with it
    /// has it asked for by its token.
    pub fn find(&self, key: &SessionKey, now: OffsetDateTime) -> Option<Current> {
        let copy = self.copies.get(key)?;
        self.is_good(&copy, now).then(|| Current::Shared(copy))
    }

    /// Remembers `current`, which was read after `moment` and at `now`.
    pub fn remember(&self, current: &SessionUser, moment: Option<Moment>, now: OffsetDateTime) {
        let Some(moment) = moment else {
            return;
        };
        let copy = Copy {
            current: current.clone(),
            json: OnceLock::new(),
            moment,
            place: self.changes.place(&current.session.user_id),
            read_at: now,
            good_until: now.saturating_add(self.max_age),
            weight: weight(current),
        };
        // What has changed meanwhile would be remembered for nothing.
        if self.is_good(&copy, now) {
            let key = SessionKey::of(&current.session.token);
            self.copies.insert(key, Arc::new(copy));
        }
    }

    /// How many sessions are remembered, true or not.
    pub fn len(&self) -> usize {
        self.copies.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.copies.is_empty()
    }

    /// Drops what is not true any more, until `stop` is cancelled.
    pub async fn keep_tidy(&self, now: impl Fn() -> OffsetDateTime, stop: CancellationToken) {
        let mut ticks = interval(TIDY_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut tick = 0_u64;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if !self.changes.is_proven() {
                self.copies.clear();
            } else if tick.is_multiple_of(SWEEP_EVERY) {
                let now = now();
                self.copies.retain(|_, copy| self.is_good(copy, now));
            }
            tick += 1;
            let entries = i64::try_from(self.copies.len());
            self.metrics.entries.set(entries.unwrap_or(i64::MAX));
            let bytes = i64::try_from(self.copies.weight());
            self.metrics.bytes.set(bytes.unwrap_or(i64::MAX));
        }
    }

    fn is_good(&self, copy: &Copy, now: OffsetDateTime) -> bool {
        // A clock that was set back makes ages unknown.
        copy.read_at <= now
            && now <= copy.good_until
            && self.changes.is_unchanged(copy.place, copy.moment)
    }
}

/// How many bytes `current` takes in memory, about.
fn weight(current: &SessionUser) -> u64 {
    let SessionUser { session, user } = current;
    let texts = [
        session.token.len(),
        session.user_id.len(),
        session.id.len(),
        session.ip_address.as_ref().map_or(0, String::len),
        session.user_agent.as_ref().map_or(0, String::len),
        user.id.len(),
        user.name.len(),
        user.email.len(),
        user.image.as_ref().map_or(0, String::len),
    ];
    let additional = [&session.additional, &user.additional].map(weight_of_fields);
    let total = OVERHEAD + TEXTS * texts.iter().sum::<usize>() + additional.iter().sum::<usize>();
    u64::try_from(total).unwrap_or(u64::MAX)
}

fn weight_of_fields(fields: &Map<String, Value>) -> usize {
    let fields = fields.iter();
    fields
        .map(|(name, value)| FIELD_OVERHEAD + TEXTS * name.len() + weight_of_value(value))
        .sum()
}

fn weight_of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => TEXTS * text.len(),
        Value::Array(values) => values
            .iter()
            .map(|value| size_of::<Value>() + weight_of_value(value))
            .sum(),
        Value::Object(fields) => weight_of_fields(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests;
