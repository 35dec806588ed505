//! The kinds of hashes that are stored, so that a wrong password costs the same whatever the hash of its user is.

use std::sync::{PoisonError, RwLock};

use crate::crypto::password::Kind;

/// The kinds of hashes that are stored, as far as is known.
pub(super) struct Kinds(RwLock<Known>);

struct Known {
    kinds: Vec<Kind>,
    /// Whether the table has been looked at. Before, it may be one that better-auth has filled.
    is_complete: bool,
}

impl Kinds {
    /// Those of a server that makes hashes of the kind `current`.
    pub(super) fn new(current: Kind) -> Self {
        Self(RwLock::new(Known {
            kinds: vec![current],
            is_complete: false,
        }))
    }

    /// Adds `stored`: there are no others, until one is met.
    pub(super) fn complete(&self, stored: impl IntoIterator<Item = Kind>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for kind in stored {
            known.add(kind);
        }
        known.is_complete = true;
    }

    /// Every kind but `own`, which is known from now on.
    pub(super) fn others(&self, own: Option<&Kind>) -> Vec<Kind> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut kinds = known.kinds.clone();
        let is_complete = known.is_complete;
        drop(known);
        if !is_complete && !kinds.contains(&Kind::Scrypt) {
            kinds.push(Kind::Scrypt);
        }
        let Some(own) = own else {
            return kinds;
        };
        if !kinds.contains(own) {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.add(own.clone());
        }
        kinds.retain(|kind| kind != own);
        kinds
    }
}

impl Known {
    fn add(&mut self, kind: Kind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(stored: &str) -> Kind {
        Kind::of(stored).unwrap()
    }

    const CURRENT: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$Wdg16CiLkYgZCBuyCgOV5EPpLgSUnBfX";
    const FORMER: &str =
        "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$Wdg16CiLkYgZCBuyCgOV5EPpLgSUnBfX";

    /// What each check does, as a sorted list: a hash of each of `own`, and of no kind.
    fn work(kinds: &Kinds, own: &[&str]) -> Vec<Vec<String>> {
        let owned = own.iter().map(|stored| Some(kind(stored))).chain([None]);
        let lists = owned.map(|own| {
            let others = kinds.others(own.as_ref());
            let mut all: Vec<_> = own.into_iter().chain(others).collect();
            all.sort_by_key(|kind| format!("{kind:?}"));
            all.iter().map(|kind| format!("{kind:?}")).collect()
        });
        lists.collect()
    }

    #[test]
    fn whatever_the_hash_of_a_user_is_a_wrong_password_takes_one_of_each_kind() {
        let kinds = Kinds::new(kind(CURRENT));
        kinds.complete([kind(FORMER), kind("salt:key"), kind(CURRENT)]);
        let work = work(&kinds, &[CURRENT, FORMER, "salt:key"]);
        assert!(
            work.iter().all(|one| one.len() == 3 && *one == work[0]),
            "{work:?}"
        );
    }

    #[test]
    fn hashes_of_better_auth_are_expected_until_the_table_has_been_looked_at() {
        let kinds = Kinds::new(kind(CURRENT));
        assert_eq!(kinds.others(None), [kind(CURRENT), Kind::Scrypt]);
        kinds.complete([]);
        assert_eq!(kinds.others(None), [kind(CURRENT)]);
    }

    #[test]
    fn a_kind_that_is_met_later_is_known_from_then_on() {
        let kinds = Kinds::new(kind(CURRENT));
        kinds.complete([]);
        assert_eq!(kinds.others(Some(&Kind::Scrypt)), [kind(CURRENT)]);
        assert_eq!(kinds.others(None), [kind(CURRENT), Kind::Scrypt]);
    }
}
