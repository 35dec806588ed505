//! Which objects of ours there are, of the kinds that most AuthBackends have none of.
//!
//! Their watches tell. What the spec does not ask for and is not there is not read either: a third of the reads of a
//! reconcile. Whatever is asked for is read as it is. An object that a watch has not told of yet is told of later, and
//! then its AuthBackend is looked at again.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authbackend_crds::v1alpha1::{AuthBackendSpec, NetworkPolicy as Policy};
use futures::{Stream, StreamExt as _};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::Resource;
use kube::runtime::watcher::{self, Event};

use crate::context::key;

/// A kind of which most AuthBackends have no object.
pub trait Rare: Resource<DynamicType = (), Scope = NamespaceResourceScope> {
    /// Whether `spec` asks for one.
    fn is_asked_for(spec: &AuthBackendSpec) -> bool;
}

impl Rare for PodDisruptionBudget {
    fn is_asked_for(spec: &AuthBackendSpec) -> bool {
        let chosen = spec.disruption_budget.as_ref();
        let enabled = chosen.is_none_or(|chosen| chosen.enabled.unwrap_or(true));
        let most = match &spec.autoscaling {
            Some(autoscaling) => autoscaling.max_replicas,
            None => spec.replicas.unwrap_or(1),
        };
        enabled && most > 1
    }
}

impl Rare for HorizontalPodAutoscaler {
    fn is_asked_for(spec: &AuthBackendSpec) -> bool {
        spec.autoscaling.is_some()
    }
}

impl Rare for Ingress {
    fn is_asked_for(spec: &AuthBackendSpec) -> bool {
        let exposure = spec.exposure.as_ref();
        exposure.is_some_and(|exposure| exposure.ingress.is_some())
    }
}

impl Rare for NetworkPolicy {
    fn is_asked_for(spec: &AuthBackendSpec) -> bool {
        spec.network_policy.as_ref().is_some_and(Policy::enabled)
    }
}

/// A watch: kind, and namespace or all of them.
type Scope = (String, Option<String>);

/// What the watches have told. Copies share it.
#[derive(Clone, Debug, Default)]
pub struct Presence(Arc<Mutex<HashMap<Scope, Told>>>);

/// What one watch has told, by namespace and name.
#[derive(Debug, Default)]
struct Told {
    /// `None` until the first list is complete.
    known: Option<HashSet<String>>,
    listing: HashSet<String>,
}

impl Presence {
    /// Learns from the `events` of the watch on `kind` in `namespace`, or in all. They are passed on once that is done.
    pub fn follow<K, S>(
        &self,
        kind: &str,
        namespace: Option<&str>,
        events: S,
    ) -> impl Stream<Item = watcher::Result<Event<K>>> + Send + use<K, S>
    where
        K: Resource,
        S: Stream<Item = watcher::Result<Event<K>>> + Send,
    {
        let scope: Scope = (kind.to_owned(), namespace.map(str::to_owned));
        self.lock().insert(scope.clone(), Told::default());
        let presence = self.clone();
        events.inspect(move |event| {
            if let Ok(event) = event {
                let mut scopes = presence.lock();
                scopes.entry(scope.clone()).or_default().hear(event);
            }
        })
    }

    /// Whether there may be such an object: one is there, or the watch has not told yet.
    pub fn may_exist(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let scopes = self.lock();
        let told = |namespace: Option<&str>| {
            let scope: Scope = (kind.to_owned(), namespace.map(str::to_owned));
            scopes.get(&scope)
        };
        let Some(known) = told(Some(namespace))
            .or_else(|| told(None))
            .and_then(|told| told.known.as_ref())
        else {
            return true;
        };
        known.contains(&format!("{namespace}/{name}"))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, Told>> {
        // A panic in between would be one of a collection.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn hear<K: Resource>(&mut self, event: &Event<K>) {
        match event {
            Event::Init => self.listing.clear(),
            Event::InitApply(object) => {
                self.listing.insert(key(object.meta()));
                // Its AuthBackend is looked at now, not when the list is complete.
                if let Some(known) = &mut self.known {
                    known.insert(key(object.meta()));
                }
            }
            Event::InitDone => self.known = Some(mem::take(&mut self.listing)),
            Event::Apply(object) => {
                let known = self.known.get_or_insert_default();
                known.insert(key(object.meta()));
            }
            Event::Delete(object) => {
                if let Some(known) = &mut self.known {
                    known.remove(&key(object.meta()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use kube::api::ObjectMeta;

    use super::*;

    fn ingress(name: &str) -> Ingress {
        Ingress {
            metadata: ObjectMeta {
                namespace: Some("team-a".to_owned()),
                name: Some(name.to_owned()),
                ..ObjectMeta::default()
            },
            ..Ingress::default()
        }
    }

    /// Which of `a`, `b` and `c` may exist after each of `events`.
    async fn told(events: Vec<Event<Ingress>>) -> Vec<String> {
        let presence = Presence::default();
        let events = stream::iter(events.into_iter().map(Ok));
        let followed = presence.follow("Ingress", Some("team-a"), events);
        followed
            .map(|_| {
                let exists = |name: &&str| presence.may_exist("Ingress", "team-a", name);
                ["a", "b", "c"].into_iter().filter(exists).collect()
            })
            .collect()
            .await
    }

    #[tokio::test]
    async fn anything_may_exist_until_the_first_list_is_complete() {
        let events = vec![Event::Init, Event::InitApply(ingress("a")), Event::InitDone];
        assert_eq!(told(events).await, ["abc", "abc", "a"]);
    }

    #[tokio::test]
    async fn what_comes_and_goes_later_is_known() {
        let events = vec![
            Event::InitDone,
            Event::Apply(ingress("b")),
            Event::Delete(ingress("b")),
        ];
        assert_eq!(told(events).await, ["", "b", ""]);
    }

    #[tokio::test]
    async fn another_list_replaces_what_was_known_once_it_is_complete() {
        let events = vec![
            Event::InitDone,
            Event::Apply(ingress("a")),
            Event::Init,
            Event::InitApply(ingress("b")),
            Event::InitDone,
        ];
        assert_eq!(told(events).await, ["", "a", "a", "ab", "b"]);
    }

    #[test]
    fn a_kind_that_nobody_watches_may_exist() {
        assert!(Presence::default().may_exist("Ingress", "team-a", "a"));
    }

    #[tokio::test]
    async fn a_watch_on_all_namespaces_tells_of_each() {
        let presence = Presence::default();
        let events = [Event::InitDone, Event::Apply(ingress("a"))].map(Ok);
        let followed = presence.follow("Ingress", None, stream::iter(events));
        followed.for_each(|_| async {}).await;
        assert!(presence.may_exist("Ingress", "team-a", "a"));
        assert!(!presence.may_exist("Ingress", "team-b", "a"));
        assert!(presence.may_exist("NetworkPolicy", "team-b", "a"));
    }
}
