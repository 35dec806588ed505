//! What is remembered of an object whose last try failed: how long to wait for the next one, and why it failed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Wait after the first failure.
pub const FIRST: Duration = Duration::from_secs(1);

/// Longest wait.
pub const LONGEST: Duration = Duration::from_mins(5);

/// Failures in a row after which also one that may go away by itself is told.
const LASTING: u32 = 2;

/// Consecutive failures per object. An object is in the map only while it fails, so that the map stays small.
#[derive(Debug)]
pub struct Backoff<K>(Arc<Mutex<HashMap<K, Failures>>>);

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    told: Option<String>,
    version: u64,
}

impl<K> Clone for Backoff<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Backoff<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash> Backoff<K> {
    /// Counts a failure of `key`, with its `cause`, and says how long to wait. `version` is that of what people wrote. `refused`:
    /// the API server refused a request, and did not merely fail to answer.
    pub fn failed(&self, key: K, version: u64, cause: String, refused: bool) -> Duration {
        let mut failures = self.lock();
        let entry = failures.entry(key).or_default();
        entry.count = entry.count.saturating_add(1);
        entry.version = version;
        if refused || entry.count >= LASTING {
            entry.told = Some(cause);
        }
        delay(entry.count, rand::random())
    }

    /// Why the tries since the last success of `key` failed: the last cause that is worth telling.
    pub fn cause(&self, key: &K) -> Option<String> {
        self.lock().get(key)?.told.clone()
    }

    /// Forgets the failures of `key`.
    pub fn succeeded(&self, key: &K) {
        self.lock().remove(key);
    }

    /// Whether the last try of `key` failed.
    pub fn is_failing(&self, key: &K) -> bool {
        self.lock().contains_key(key)
    }

    /// Whether the last try of `key` failed with this `version`.
    pub fn is_failing_with(&self, key: &K, version: u64) -> bool {
        let failures = self.lock();
        failures
            .get(key)
            .is_some_and(|entry| entry.version == version)
    }

    /// Number of objects whose last try failed.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether no object failed last time.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Failures>> {
        // A map of counters is never half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wait after the `failures`-th failure in a row (1 or more): doubles from [`FIRST`] to [`LONGEST`]; of it the
/// last half is scaled by `jitter` (0 to 1), so that objects that failed together do not come back together.
fn delay(failures: u32, jitter: f64) -> Duration {
    // 2^9 s is above the longest wait already.
    let doublings = failures.saturating_sub(1).min(9);
    let full = (FIRST * 2_u32.pow(doublings)).min(LONGEST);
    full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(backoff: &Backoff<&'static str>, key: &'static str) -> Duration {
        backoff.failed(key, 1, String::new(), false)
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let seconds: Vec<u64> = [1, 2, 3, 4, 9, 10, 1000]
            .map(|failures| delay(failures, 1.0).as_secs())
            .to_vec();
        assert_eq!(seconds, [1, 2, 4, 8, 256, 300, 300]);
    }

    #[test]
    fn jitter_takes_away_at_most_half() {
        assert_eq!(delay(1, 0.0), FIRST / 2);
        assert_eq!(delay(100, 0.0), LONGEST / 2);
    }

    #[test]
    fn success_starts_over() {
        let backoff = Backoff::default();
        for _ in 0..20 {
            fail(&backoff, "a");
        }
        backoff.succeeded(&"a");
        assert!(backoff.is_empty() && !backoff.is_failing(&"a"));
        assert!(fail(&backoff, "a") <= FIRST);
    }

    #[test]
    fn objects_do_not_share_their_failures() {
        let backoff = Backoff::default();
        for _ in 0..20 {
            fail(&backoff, "a");
        }
        assert!(fail(&backoff, "b") <= FIRST);
        assert_eq!(backoff.len(), 2);
    }

    #[test]
    fn a_refusal_is_told_at_once_and_until_the_next_success() {
        let backoff = Backoff::default();
        backoff.failed("a", 1, "quota".to_owned(), true);
        assert_eq!(backoff.cause(&"a").as_deref(), Some("quota"));
        backoff.succeeded(&"a");
        assert_eq!(backoff.cause(&"a"), None);
    }

    #[test]
    fn what_may_go_away_by_itself_is_told_once_it_did_not() {
        let backoff = Backoff::default();
        backoff.failed("a", 1, "500".to_owned(), false);
        assert_eq!(backoff.cause(&"a"), None);
        backoff.failed("a", 1, "503".to_owned(), false);
        assert_eq!(backoff.cause(&"a").as_deref(), Some("503"));
    }

    #[test]
    fn an_object_fails_as_it_is_and_not_as_somebody_edits_it() {
        let backoff = Backoff::default();
        let fail = |version| backoff.failed("a", version, String::new(), true);
        assert!(!backoff.is_failing_with(&"a", 1));
        fail(1);
        assert!(backoff.is_failing_with(&"a", 1) && !backoff.is_failing_with(&"a", 2));
        fail(2);
        assert!(!backoff.is_failing_with(&"a", 1));
    }
}
