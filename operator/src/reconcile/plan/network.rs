//! Network policies: never one that keeps what serves from its database.

use std::collections::BTreeSet;

use authbackend_crds::auth::AuthSettings;
use authbackend_crds::v1alpha1::{Current, Database};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt as _;

use super::migration::Decision;
use crate::build::network_policy::{self, Destination};
use crate::build::{Instance, config_map};
use crate::names;
use crate::reconcile::database;
use crate::reconcile::observed::Observed;

/// Policy of the server and the migration, for the database of the spec and those that serve, are being migrated and may
/// serve again. `None` where there should be none, and also while it is not known where one of them is: what exists is then
/// left as it is.
pub fn policy(
    instance: &Instance,
    observed: &Observed,
    decision: &Decision,
) -> Option<NetworkPolicy> {
    let current = decision.current.as_ref().map(|current| &current.database);
    let previous = decision.previous.as_ref().map(|record| &record.database);
    // One that has ended connects to nothing any longer, and its Secret may be gone.
    let migrated = decision.migration.as_ref();
    let migrated = migrated.filter(|record| record.phase.is_under_way());
    let migrated = migrated.map(|record| &record.database);
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
    let mut ports = instance.settings.outbound_ports.clone();
    for current in [&decision.current, &decision.previous]
        .into_iter()
        .flatten()
    {
        ports.extend(outbound_ports(instance, observed, current));
    }
    network_policy::of_server(instance, &databases, ports)
}

/// The ports that pods of before connect to, by the settings that they were made with: these may serve for long, where what
/// the spec asks for does not start.
fn outbound_ports(instance: &Instance, observed: &Observed, current: &Current) -> BTreeSet<u16> {
    let hash = current.config_hash.as_ref();
    let Some(hash) = hash.filter(|hash| **hash != instance.settings.hash) else {
        return BTreeSet::new();
    };
    let name = names::config_map(&instance.name, hash);
    let mut live = observed.config_maps.iter();
    let live = live.find(|live| live.name_any() == name);
    let text = live.and_then(|live| live.data.as_ref()?.get(config_map::KEY));
    let settings = text.and_then(|text| serde_saphyr::from_str::<AuthSettings>(text).ok());
    settings.map_or_else(BTreeSet::new, |settings| settings.outbound_ports())
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
