//! What every reconcile shares.

use std::sync::Arc;
use std::time::Duration;

use authbackend_crds::v1alpha1::AuthBackend;
use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use kube::Client;
use kube::api::ObjectMeta;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::{Semaphore, watch};

use crate::announcements::Announcements;
use crate::backoff::Backoff;
use crate::claims::Claims;
use crate::config::OperatorConfig;
use crate::events::Publisher;
use crate::metrics::Metrics;
use crate::optional::Served;
use crate::presence::Presence;

/// An `AuthBackend` as it is watched: one that cannot be understood does not stop the others.
pub type Guarded = DeserializeGuard<AuthBackend>;

/// What every reconcile shares.
pub struct Context {
    /// The client that the fence guards.
    pub client: Client,
    /// Settings of the installation.
    pub config: OperatorConfig,
    /// All watched resources.
    pub auth_backends: AuthBackends,
    /// One for each reconcile that may run; closed when the process is about to end.
    pub turns: Semaphore,
    /// Which objects of rare kinds there are.
    pub presence: Presence,
    /// Who may migrate which database.
    pub claims: Claims,
    /// The optional APIs that the cluster serves.
    pub optional_apis: watch::Receiver<Served>,
    /// Where events go.
    pub events: Publisher,
    /// Failures in a row of each resource.
    pub backoff: Backoff<ObjectRef<Guarded>>,
    /// Failures that were announced of each resource.
    pub announcements: Announcements<ObjectRef<Guarded>>,
    /// Counters.
    pub metrics: Metrics,
}

/// The watched resources of one namespace, or of all.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Those that the watch has told of.
    pub store: Store<Guarded>,
    /// Whether the API server refused to list them, and has not listed them since.
    pub refused: watch::Receiver<bool>,
}

/// How long a list that was refused is waited for: the namespace was deleted with its `RoleBinding` for example, or the API
/// server has only just begun and knows no rights yet, which is over after some of the watch's tries.
pub const PATIENCE_WHEN_REFUSED: Duration = Duration::from_secs(3);

/// All watched resources.
#[derive(Clone, Debug)]
pub struct AuthBackends(pub Vec<Watched>);

impl Watched {
    /// Waits until the first list has arrived.
    pub async fn wait_until_synced(&self) {
        // The writer is dropped only when the watch ends, and with it everything else.
        let _ = self.store.wait_until_ready().await;
    }

    /// Waits until the first list has arrived or is given up. Answers with whether it has arrived.
    pub async fn settle(&self) -> bool {
        tokio::select! {
            biased;
            () = self.wait_until_synced() => true,
            () = self.wait_until_given_up() => false,
        }
    }

    /// Waits until the list has been refused for so long that nobody waits for it any more.
    pub async fn wait_until_given_up(&self) {
        self.wait_until_refused().await;
        tokio::time::sleep(PATIENCE_WHEN_REFUSED).await;
    }

    async fn wait_until_refused(&self) {
        if self
            .refused
            .clone()
            .wait_for(|refused| *refused)
            .await
            .is_err()
        {
            // The watch has ended, and with it everything else.
            std::future::pending::<()>().await;
        }
    }
}

impl AuthBackends {
    /// The one of this name.
    pub fn get(&self, object: &ObjectRef<Guarded>) -> Option<Arc<Guarded>> {
        self.0.iter().find_map(|watched| watched.store.get(object))
    }

    /// Waits until the first list of each namespace has arrived or is given up, and one at least has arrived: who may list
    /// none at all has no rights yet, and does nothing.
    pub async fn settle(&self) {
        join_all(self.0.iter().map(Watched::settle)).await;
        let lists = self.0.iter().map(Watched::wait_until_synced);
        let mut lists: FuturesUnordered<_> = lists.collect();
        lists.next().await;
    }
}

/// Namespace and name with a slash between them.
pub fn key(metadata: &ObjectMeta) -> String {
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    format!(
        "{namespace}/{}",
        metadata.name.as_deref().unwrap_or_default()
    )
}
