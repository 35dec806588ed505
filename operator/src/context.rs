//! What every reconcile shares.

use std::sync::Arc;

use authbackend_crds::v1alpha1::AuthBackend;
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

/// All watched resources.
#[derive(Clone, Debug)]
pub struct AuthBackends(pub Vec<Watched>);

impl Watched {
    /// Waits until the first list has arrived.
    pub async fn wait_until_synced(&self) {
        // The writer is dropped only when the watch ends, and with it everything else.
        let _ = self.store.wait_until_ready().await;
    }

    /// Waits until the list has been refused.
    pub async fn wait_until_refused(&self) {
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

    /// Waits until the first list of each store has arrived.
    pub async fn wait_until_synced(&self) {
        for watched in &self.0 {
            watched.wait_until_synced().await;
        }
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
