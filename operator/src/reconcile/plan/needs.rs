//! What has to be there before something can be done, and what to tell people while it is not.

use authbackend_crds::v1alpha1::{Database, SecretKeyRef};
use k8s_openapi::api::apps::v1::StatefulSet;

use super::target::Target;
use super::{cnpg, generated};
use crate::build::Instance;
use crate::reconcile::observed::Observed;
use crate::reconcile::reason::Reason;
use crate::reconcile::{database, references};

/// What stands in the way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Blocker {
    /// As a condition's reason.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

impl Blocker {
    /// A blocker.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }
}

/// What the spec asks for, once the Secrets of its database are there.
pub fn target(instance: &Instance, observed: &Observed) -> Result<Target, Blocker> {
    let database = &instance.spec.database;
    if let Some(blocker) = missing(
        instance,
        &references::of_database(database, &instance.name),
        observed,
    ) {
        // Who makes the Secrets of a Cluster is CloudNativePG, once the Cluster is there.
        let cluster = database.cnpg.as_ref();
        let unready = cluster.and_then(|cluster| cnpg::unready(instance, cluster, observed));
        return Err(unready.unwrap_or(blocker));
    }
    let (name, namespace) = (&instance.name, &instance.namespace);
    match database::identity(database, name, namespace, &observed.secrets) {
        Some(identity) => Ok(Target::new(instance, identity.hash(), observed)),
        None => Err(invalid_url(instance, database)),
    }
}

fn invalid_url(instance: &Instance, database: &Database) -> Blocker {
    let SecretKeyRef { name, key } = references::url_of(database).unwrap_or_default();
    let message = format!(
        "key {key} of Secret {}/{name} {}",
        instance.namespace,
        database::InvalidUrl
    );
    Blocker::new(Reason::InvalidDatabaseUrl, message)
}

/// Why a migration cannot sign in yet. What serves does not need its credentials.
pub fn missing_credentials(instance: &Instance, observed: &Observed) -> Option<Blocker> {
    let reference = references::of_migration(&instance.spec)?;
    missing(instance, &[reference], observed)
}

/// Why no migration starts while nothing is to serve. Whoever puts an AuthBackend to sleep may do so with its database.
pub fn hibernation(instance: &Instance) -> Option<Blocker> {
    (instance.replicas() == Some(0)).then(|| {
        let message = format!(
            "0 pods, as asked for; the migration to {} waits until replicas is raised",
            instance.image
        );
        Blocker::new(Reason::Hibernated, message)
    })
}

/// The first of `references` that is not there.
pub fn missing(
    instance: &Instance,
    references: &[SecretKeyRef],
    observed: &Observed,
) -> Option<Blocker> {
    references.iter().find_map(|SecretKeyRef { name, key }| {
        if let Some(blocker) = generated::blocker(instance, observed, name) {
            return Some(blocker);
        }
        let namespace = &instance.namespace;
        match observed.secrets.get(name) {
            Some(secret) if secret.keys.contains(key) => None,
            Some(_) => {
                let message =
                    format!("Secret {namespace}/{name} has no value under the key {key}: add it");
                Some(Blocker::new(Reason::WaitingForSecret, message))
            }
            None => {
                let message = format!(
                    "Secret {namespace}/{name} does not exist: create it with the key {key}"
                );
                Some(Blocker::new(Reason::WaitingForSecret, message))
            }
        }
    })
}

/// Why the database cannot be used yet, where that can be seen in the cluster.
pub fn unready_database(instance: &Instance, observed: &Observed) -> Option<Blocker> {
    if let Some(cluster) = &instance.spec.database.cnpg {
        return cnpg::unready(instance, cluster, observed);
    }
    instance.spec.database.managed.as_ref()?;
    if observed
        .postgres_stateful_set
        .as_deref()
        .is_some_and(is_ready)
    {
        return None;
    }
    let problem = super::problem_of(observed, crate::labels::Component::Postgres);
    let problem = problem
        .map(|problem| format!(": {problem}"))
        .unwrap_or_default();
    let message = format!("the managed database is not ready yet{problem}");
    Some(Blocker::new(Reason::WaitingForDatabase, message))
}

/// Whether its pod accepts connections.
pub fn is_ready(stateful_set: &StatefulSet) -> bool {
    let ready = stateful_set
        .status
        .as_ref()
        .and_then(|status| status.ready_replicas);
    ready.unwrap_or(0) > 0
}

/// Why the database cannot be migrated for this AuthBackend: it belongs to another one.
pub fn conflict(observed: &Observed) -> Option<Blocker> {
    let other = observed.database_holder.as_ref()?;
    let message = format!(
        "the database belongs to AuthBackend {}/{}: use another database, or delete that one",
        other.namespace, other.name
    );
    Some(Blocker::new(Reason::DatabaseConflict, message))
}
