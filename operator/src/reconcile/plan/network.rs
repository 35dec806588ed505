//! Network policies: never one that keeps what serves from its database.

use authbackend_crds::v1alpha1::Database;
use k8s_openapi::api::networking::v1::NetworkPolicy;

use super::migration::Decision;
use crate::build::Instance;
use crate::build::network_policy::{self, Destination};
use crate::reconcile::database;
use crate::reconcile::observed::Observed;

/// Policy of the server and the migration, for the database of the spec and those that serve, migrate and may serve again. `None` where there
/// should be none, and also while it is not known where one of them is: what exists is then left as it is.
pub fn policy(
    instance: &Instance,
    observed: &Observed,
    decision: &Decision,
) -> Option<NetworkPolicy> {
    let current = decision.current.as_ref().map(|current| &current.database);
    let previous = decision.previous.as_ref().map(|record| &record.database);
    let migrated = decision.migration.as_ref().map(|record| &record.database);
    let mut databases = Vec::new();
    for database in [Some(&instance.spec.database), current, previous, migrated]
        .into_iter()
        .flatten()
    {
        let destination = destination(instance, observed, database)?;
        if !databases.contains(&destination) {
            databases.push(destination);
        }
    }
    network_policy::of_server(instance, &databases)
}

/// Whether the spec asks for a policy of the server.
pub fn is_wanted(instance: &Instance) -> bool {
    let policy = instance.spec.network_policy.as_ref();
    policy.is_some_and(authbackend_crds::v1alpha1::NetworkPolicy::enabled)
}

fn destination(
    instance: &Instance,
    observed: &Observed,
    database: &Database,
) -> Option<Destination> {
    if database.managed.is_some() {
        return Some(Destination::Managed);
    }
    if let Some(cluster) = &database.cnpg {
        return Some(Destination::Cnpg(cluster.name.clone()));
    }
    let (name, namespace) = (&instance.name, &instance.namespace);
    let identity = database::identity(database, name, namespace, &observed.secrets)?;
    Some(Destination::Host(identity))
}
