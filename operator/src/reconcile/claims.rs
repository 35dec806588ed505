//! Who may migrate which database: first come, first served.
//!
//! Two AuthBackends that ask for one database at the same moment both see that nobody has it on record. So whoever plans
//! takes the database here first, before anything is written. What is on record is the lasting form of a claim: with it the
//! registry of the next process begins.

use std::collections::{BTreeMap, BTreeSet};

use authbackend_crds::v1alpha1::AuthBackendStatus;

use super::observed::OtherAuthBackend;

/// The claims on all databases.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// By the hash of a database, in the order in which they were made. The first one has it.
    queues: BTreeMap<String, Vec<Claim>>,
    /// The databases that each AuthBackend has claims on, by its namespace and name.
    databases: BTreeMap<(String, String), BTreeSet<String>>,
}

/// A claim.
#[derive(Clone, Debug)]
struct Claim {
    claimant: OtherAuthBackend,
    /// Whether its status names the database.
    recorded: bool,
    /// Whether its spec does.
    wanted: bool,
}

impl Registry {
    /// What is on record already: of several on one database the oldest has it.
    pub fn seed(&mut self, mut recorded: Vec<(OtherAuthBackend, BTreeSet<String>)>) {
        recorded.sort_by_cached_key(|(claimant, _)| {
            let created = claimant.created.as_ref().map(|time| time.0);
            (created, claimant.uid.clone())
        });
        for (claimant, databases) in recorded {
            self.record(&claimant, &databases);
        }
    }

    /// `claimant` asks for the database `wanted`, and no longer for the one that it asked for before. Answers with whose it
    /// is, if it is somebody else's. Others whom `exists` does not know are forgotten.
    pub fn claim(
        &mut self,
        claimant: &OtherAuthBackend,
        wanted: Option<&str>,
        exists: impl Fn(&OtherAuthBackend) -> bool,
    ) -> Option<OtherAuthBackend> {
        self.forget(&claimant.namespace, &claimant.name, Some(&claimant.uid));
        for database in self.databases_of(claimant) {
            if wanted != Some(database.as_str()) {
                self.change(claimant, &database, |claim| claim.wanted = false);
            }
        }
        let wanted = wanted?;
        while let Some(gone) = self
            .holder(wanted)
            .filter(|holder| holder.uid != claimant.uid && !exists(holder))
        {
            self.forget(&gone.namespace, &gone.name, None);
        }
        self.change(claimant, wanted, |claim| claim.wanted = true);
        self.holder(wanted)
            .filter(|holder| holder.uid != claimant.uid)
    }

    /// The status of `claimant`, as the API server has it now, names exactly these `databases`.
    pub fn record(&mut self, claimant: &OtherAuthBackend, databases: &BTreeSet<String>) {
        for database in self.databases_of(claimant).union(databases) {
            let recorded = databases.contains(database);
            self.change(claimant, database, |claim| claim.recorded = recorded);
        }
    }

    /// Forgets the AuthBackend of this name, but not the one with the uid `but`.
    pub fn forget(&mut self, namespace: &str, name: &str, but: Option<&str>) {
        let key = (namespace.to_owned(), name.to_owned());
        let Some(databases) = self.databases.get_mut(&key) else {
            return;
        };
        databases.retain(|database| {
            let Some(queue) = self.queues.get_mut(database) else {
                return false;
            };
            let is_meant = |claimant: &OtherAuthBackend| {
                claimant.namespace == namespace && claimant.name == name
            };
            queue.retain(|claim| {
                !is_meant(&claim.claimant) || but == Some(claim.claimant.uid.as_str())
            });
            let kept = queue.iter().any(|claim| is_meant(&claim.claimant));
            if queue.is_empty() {
                self.queues.remove(database);
            }
            kept
        });
        if databases.is_empty() {
            self.databases.remove(&key);
        }
    }

    fn databases_of(&self, claimant: &OtherAuthBackend) -> BTreeSet<String> {
        let databases = self.databases.get(&key(claimant));
        databases.cloned().unwrap_or_default()
    }

    fn holder(&self, database: &str) -> Option<OtherAuthBackend> {
        let first = self.queues.get(database)?.first()?;
        Some(first.claimant.clone())
    }

    /// Changes the claim of `claimant` on `database`: one that is neither recorded nor wanted ends.
    fn change(
        &mut self,
        claimant: &OtherAuthBackend,
        database: &str,
        change: impl FnOnce(&mut Claim),
    ) {
        let queue = self.queues.entry(database.to_owned()).or_default();
        let own = |claim: &Claim| claim.claimant.uid == claimant.uid;
        let place = queue.iter().position(own).unwrap_or_else(|| {
            queue.push(Claim {
                claimant: claimant.clone(),
                recorded: false,
                wanted: false,
            });
            queue.len() - 1
        });
        change(&mut queue[place]);
        let lasts = queue[place].recorded || queue[place].wanted;
        if !lasts {
            queue.remove(place);
        }
        if queue.is_empty() {
            self.queues.remove(database);
        }
        let databases = self.databases.entry(key(claimant)).or_default();
        if lasts {
            databases.insert(database.to_owned());
        } else {
            databases.remove(database);
        }
        if databases.is_empty() {
            self.databases.remove(&key(claimant));
        }
    }
}

/// Hashes of the databases that `status` claims.
pub fn recorded(status: &AuthBackendStatus) -> BTreeSet<String> {
    let current = status.current.iter().map(|it| &it.database_hash);
    let previous = status.previous.iter().map(|it| &it.database_hash);
    let migration = status.migration.iter().map(|it| &it.database_hash);
    current.chain(previous).chain(migration).cloned().collect()
}

fn key(claimant: &OtherAuthBackend) -> (String, String) {
    (claimant.namespace.clone(), claimant.name.clone())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use k8s_openapi::jiff::Timestamp;

    use super::*;

    fn shop(number: i64) -> OtherAuthBackend {
        OtherAuthBackend {
            namespace: "team-a".to_owned(),
            name: format!("shop-{number}"),
            uid: format!("uid-{number}"),
            created: Some(Time(Timestamp::from_second(number).unwrap())),
        }
    }

    fn names<const N: usize>(databases: [&str; N]) -> BTreeSet<String> {
        databases.map(str::to_owned).into()
    }

    /// Who keeps shop `number` from the database `wanted`.
    fn holder(registry: &mut Registry, number: i64, wanted: &str) -> Option<String> {
        let holder = registry.claim(&shop(number), Some(wanted), |_| true);
        holder.map(|holder| holder.name)
    }

    #[test]
    fn of_two_who_ask_at_once_the_second_is_refused_before_anything_is_on_record() {
        let mut registry = Registry::default();
        assert_eq!(holder(&mut registry, 2, "a"), None);
        assert_eq!(holder(&mut registry, 1, "a").as_deref(), Some("shop-2"));
        assert_eq!(holder(&mut registry, 2, "a"), None);
    }

    #[test]
    fn who_asks_for_another_database_makes_way() {
        let mut registry = Registry::default();
        holder(&mut registry, 1, "a");
        holder(&mut registry, 2, "a");
        assert_eq!(holder(&mut registry, 1, "b"), None);
        assert_eq!(holder(&mut registry, 2, "a"), None);
        assert_eq!(holder(&mut registry, 1, "a").as_deref(), Some("shop-2"));
    }

    #[test]
    fn what_is_on_record_is_kept_until_the_record_changes() {
        let mut registry = Registry::default();
        holder(&mut registry, 1, "a");
        registry.record(&shop(1), &names(["a"]));
        holder(&mut registry, 1, "b");
        assert_eq!(holder(&mut registry, 2, "a").as_deref(), Some("shop-1"));
        registry.record(&shop(1), &names(["a", "b"]));
        assert_eq!(holder(&mut registry, 2, "a").as_deref(), Some("shop-1"));
        registry.record(&shop(1), &names(["b"]));
        assert_eq!(holder(&mut registry, 2, "a"), None);
        assert_eq!(holder(&mut registry, 2, "b").as_deref(), Some("shop-1"));
    }

    #[test]
    fn a_spec_that_names_no_database_asks_for_none() {
        let mut registry = Registry::default();
        holder(&mut registry, 1, "a");
        assert!(registry.claim(&shop(1), None, |_| true).is_none());
        assert_eq!(holder(&mut registry, 2, "a"), None);
    }

    #[test]
    fn of_two_on_record_the_older_one_has_the_database() {
        let mut registry = Registry::default();
        registry.seed(vec![(shop(2), names(["a"])), (shop(1), names(["a", "b"]))]);
        assert_eq!(holder(&mut registry, 2, "a").as_deref(), Some("shop-1"));
        assert_eq!(holder(&mut registry, 1, "a"), None);
    }

    #[test]
    fn who_is_gone_keeps_nobody_away() {
        let mut registry = Registry::default();
        registry.seed(vec![(shop(1), names(["a"])), (shop(2), names(["a"]))]);
        let alive = |other: &OtherAuthBackend| other.name != "shop-1";
        assert!(registry.claim(&shop(2), Some("a"), alive).is_none());
        registry.forget("team-a", "shop-2", None);
        registry.forget("team-a", "shop-1", None);
        assert!(registry.queues.is_empty() && registry.databases.is_empty());
    }

    #[test]
    fn one_of_the_same_name_that_is_made_later_is_another_one() {
        let mut registry = Registry::default();
        registry.seed(vec![(shop(1), names(["a"]))]);
        let again = OtherAuthBackend {
            uid: "uid-again".to_owned(),
            ..shop(1)
        };
        assert!(registry.claim(&again, Some("b"), |_| true).is_none());
        assert_eq!(holder(&mut registry, 2, "a"), None);
        assert_eq!(holder(&mut registry, 2, "b").as_deref(), Some("shop-1"));
    }
}
