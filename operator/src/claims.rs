//! The claims of this process on databases, see [`Registry`].
//!
//! Only the leader plans, and all of its claims are made here. What its predecessors claimed is on record: their statuses
//! are listed after it took over, and nobody claims anything before that list is there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendStatus};
use futures::FutureExt as _;
use futures::future::join_all;
use kube::runtime::reflector::ObjectRef;
use kube::{Resource as _, ResourceExt as _};
use tokio::sync::OnceCell;

use crate::context::{AuthBackends, Guarded, Watched};
use crate::reconcile::claims::{Registry, recorded};
use crate::reconcile::observed::OtherAuthBackend;

/// How long everybody waits for the list of a namespace, so that one that does not come does not stop the others for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// The claims of this process.
#[derive(Debug)]
pub struct Claims {
    auth_backends: AuthBackends,
    state: Mutex<State>,
    waited: OnceCell<()>,
}

#[derive(Debug)]
struct State {
    registry: Registry,
    /// Which stores were read already.
    seeded: Vec<bool>,
}

impl Claims {
    /// Claims of those in `auth_backends`.
    pub fn new(auth_backends: AuthBackends) -> Self {
        let seeded = vec![false; auth_backends.0.len()];
        let registry = Registry::default();
        Self {
            auth_backends,
            state: Mutex::new(State { registry, seeded }),
            waited: OnceCell::new(),
        }
    }

    /// `auth_backend` asks for the database with the hash `wanted`. Answers with whose it is, if it is somebody else's.
    pub async fn claim(
        &self,
        auth_backend: &AuthBackend,
        wanted: Option<&str>,
    ) -> Option<OtherAuthBackend> {
        self.waited.get_or_init(|| self.wait()).await;
        let mut state = self.lock();
        self.seed(&mut state);
        let exists = |other: &OtherAuthBackend| {
            let found = self.find(&other.namespace, &other.name);
            found.is_some_and(|found| found.meta().uid.as_ref() == Some(&other.uid))
        };
        state.registry.claim(&of(auth_backend), wanted, exists)
    }

    /// The API server took `status` as that of `auth_backend`.
    pub fn record(&self, auth_backend: &AuthBackend, status: &AuthBackendStatus) {
        let registry = &mut self.lock().registry;
        registry.record(&of(auth_backend), &recorded(status));
    }

    /// The AuthBackend of this name is gone.
    pub fn forget(&self, namespace: &str, name: &str) {
        let mut state = self.lock();
        // Another one of its name may have been made since.
        if self.find(namespace, name).is_none() {
            state.registry.forget(namespace, name, None);
        }
    }

    fn find(&self, namespace: &str, name: &str) -> Option<Arc<Guarded>> {
        let object = ObjectRef::new(name).within(namespace);
        self.auth_backends.get(&object)
    }

    async fn wait(&self) {
        let lists = self.auth_backends.0.iter().map(is_listed);
        if join_all(lists).await.contains(&false) {
            tracing::warn!(
                "a namespace cannot be listed: the databases of its AuthBackends are taken for free until it can"
            );
        }
    }

    /// Reads what is on record in the stores that have been filled since the last time.
    fn seed(&self, state: &mut State) {
        let stores = self.auth_backends.0.iter().map(|watched| &watched.store);
        for (store, seeded) in stores.zip(&mut state.seeded) {
            let is_filled = || store.wait_until_ready().now_or_never().is_some();
            if *seeded || !is_filled() {
                continue;
            }
            *seeded = true;
            let found = store.state();
            let found = found.iter().filter_map(|guarded| guarded.0.as_ref().ok());
            let claims = found.filter_map(|found| {
                let status = found.status.as_ref()?;
                Some((of(found), recorded(status)))
            });
            state.registry.seed(claims.collect());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in between would be one of a collection; what it left is as good as what was there before.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the list of a namespace, as long as is worth it. Answers with whether it has come.
async fn is_listed(watched: &Watched) -> bool {
    let listed = tokio::time::timeout(PATIENCE, watched.settle()).await;
    listed.unwrap_or(false)
}

fn of(auth_backend: &AuthBackend) -> OtherAuthBackend {
    OtherAuthBackend {
        namespace: auth_backend.namespace().unwrap_or_default(),
        name: auth_backend.name_any(),
        uid: auth_backend.uid().unwrap_or_default(),
        created: auth_backend.metadata.creation_timestamp.clone(),
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::reflector;
    use kube::runtime::watcher::Event;
    use tokio::sync::watch;
    use tokio::time::Instant;

    use super::*;
    use crate::context::PATIENCE_WHEN_REFUSED;

    /// How far the list of a namespace is.
    enum List {
        There,
        Refused,
        OnItsWay,
    }

    /// Stores with these lists. One is not filled any more without its writer.
    fn watched(lists: impl IntoIterator<Item = List>) -> (AuthBackends, Vec<impl Sized>) {
        let watched = lists.into_iter().map(|list| {
            let (store, mut writer) = reflector::store();
            if matches!(list, List::There) {
                writer.apply_watcher_event(&Event::Init);
                writer.apply_watcher_event(&Event::InitDone);
            }
            let (refusal, refused) = watch::channel(matches!(list, List::Refused));
            (Watched { store, refused }, (writer, refusal))
        });
        let (watched, writers): (Vec<_>, Vec<_>) = watched.unzip();
        (AuthBackends(watched), writers)
    }

    /// How long the first claim waits for these lists.
    async fn wait(lists: impl IntoIterator<Item = List>) -> Duration {
        let (watched, _writers) = watched(lists);
        let claims = Claims::new(watched);
        let start = Instant::now();
        claims.claim(&AuthBackend::default(), Some("a")).await;
        let waited = start.elapsed();
        claims.claim(&AuthBackend::default(), Some("a")).await;
        assert_eq!(start.elapsed(), waited, "only the first one waits");
        waited
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_waits_for_no_list_that_is_there() {
        assert_eq!(wait([List::There, List::There]).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_is_refused_is_not_waited_for_as_long_as_one_that_may_come() {
        let refused = wait([List::There, List::Refused]).await;
        assert_eq!(refused, PATIENCE_WHEN_REFUSED);
        let on_its_way = wait([List::Refused, List::OnItsWay]).await;
        assert_eq!(on_its_way, PATIENCE);
    }

    /// Whether a replica with these lists is ready in the end.
    async fn settles(lists: impl IntoIterator<Item = List>) -> bool {
        let (watched, _writers) = watched(lists);
        let end = Duration::from_hours(1);
        tokio::time::timeout(end, watched.settle()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_replica_that_may_not_list_one_of_its_namespaces_becomes_ready() {
        assert!(settles([List::There, List::Refused]).await);
        assert!(settles([List::Refused, List::There]).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_replica_waits_for_a_list_that_may_come() {
        assert!(!settles([List::There, List::OnItsWay]).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_replica_that_may_list_nothing_is_not_ready() {
        assert!(!settles([List::Refused, List::Refused]).await);
    }
}
