//! Which failures of an object were announced by an event, so that none is twice.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// What was announced of each object since its last success. An object is in the map only while it fails.
#[derive(Debug)]
pub struct Announcements<K> {
    announced: Mutex<HashMap<K, Announced>>,
}

#[derive(Debug, Default)]
struct Announced {
    generation: Option<i64>,
    reasons: BTreeSet<&'static str>,
}

impl<K> Default for Announcements<K> {
    fn default() -> Self {
        Self {
            announced: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash> Announcements<K> {
    /// Whether a failure of `key` for this `reason` is news: it was not announced since the last success, nor since somebody
    /// edited the object, which has another `generation` then. It counts as announced from now on.
    pub fn is_news(&self, key: K, generation: Option<i64>, reason: &'static str) -> bool {
        let mut announced = self.lock();
        let entry = announced.entry(key).or_default();
        if entry.generation != generation {
            *entry = Announced {
                generation,
                ..Announced::default()
            };
        }
        entry.reasons.insert(reason)
    }

    /// Forgets what was announced of `key`.
    pub fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Announced>> {
        // A set is never half-written.
        self.announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_news_once_until_the_next_success() {
        let announcements = Announcements::default();
        assert!(announcements.is_news("a", Some(1), "RequestRefused"));
        assert!(!announcements.is_news("a", Some(1), "RequestRefused"));
        announcements.forget(&"a");
        assert!(announcements.is_news("a", Some(1), "RequestRefused"));
    }

    #[test]
    fn another_reason_is_news_though_something_else_failed_before() {
        let announcements = Announcements::default();
        announcements.is_news("a", Some(1), "RequestFailed");
        assert!(announcements.is_news("a", Some(1), "RequestRefused"));
    }

    #[test]
    fn an_edit_that_is_wrong_again_is_news() {
        let announcements = Announcements::default();
        announcements.is_news("a", Some(1), "InvalidObject");
        assert!(announcements.is_news("a", Some(2), "InvalidObject"));
    }

    #[test]
    fn objects_have_their_own_news() {
        let announcements = Announcements::default();
        announcements.is_news("a", Some(1), "InvalidObject");
        assert!(announcements.is_news("b", Some(1), "InvalidObject"));
    }
}
