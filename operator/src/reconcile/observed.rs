//! Everything that a plan is made from. The IO side fills it; nothing here reads anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::DynamicObject;

use super::database::{DatabaseIdentity, InvalidUrl};
use crate::optional::{OptionalApi, Served};

/// The state of the cluster as far as one AuthBackend is concerned.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The AuthBackend itself, with its last status.
    pub auth_backend: Arc<AuthBackend>,
    /// The Secrets of [`super::references::secrets`] that exist, by name.
    pub secrets: BTreeMap<String, ObservedSecret>,
    /// The other `AuthBackend` (of any namespace that the operator sees) that the database of
    /// [`super::database::target_hash`] belongs to, see [`super::claims`].
    pub database_holder: Option<OtherAuthBackend>,
    /// Why what was planned last could not be applied: the API server refused it (admission, quota, a name that is taken), or
    /// answers with errors again and again (an admission webhook that is down). `None` once it was, and after a restart.
    pub refusal: Option<String>,
    /// Every `ConfigMap` with the labels of [`crate::labels::selector`] for the component `server`.
    pub config_maps: Vec<Arc<ConfigMap>>,
    /// `ServiceAccount` `<name>`.
    pub service_account: Option<Arc<ServiceAccount>>,
    /// Service `<name>`.
    pub service: Option<Arc<Service>>,
    /// Deployment `<name>`.
    pub deployment: Option<Arc<Deployment>>,
    /// The ReplicaSets with the labels of [`crate::labels::selector`] for the component `server`; none where nothing has
    /// to be put back, see [`super::plan::needs_templates`].
    pub replica_sets: Vec<Arc<ReplicaSet>>,
    /// `PodDisruptionBudget` `<name>`.
    pub pod_disruption_budget: Option<Arc<PodDisruptionBudget>>,
    /// `HorizontalPodAutoscaler` `<name>`.
    pub horizontal_pod_autoscaler: Option<Arc<HorizontalPodAutoscaler>>,
    /// Ingress `<name>`.
    pub ingress: Option<Arc<Ingress>>,
    /// `NetworkPolicy` `<name>`.
    pub network_policy: Option<Arc<NetworkPolicy>>,
    /// `NetworkPolicy` `<name>-postgres`.
    pub postgres_network_policy: Option<Arc<NetworkPolicy>>,
    /// The optional APIs that the cluster serves.
    pub served: Served,
    /// The objects `<name>` of optional APIs.
    pub optional: BTreeMap<OptionalApi, Arc<DynamicObject>>,
    /// StatefulSet `<name>-postgres`.
    pub postgres_stateful_set: Option<Arc<StatefulSet>>,
    /// Service `<name>-postgres`.
    pub postgres_service: Option<Arc<Service>>,
    /// Every Job with the labels of [`crate::labels::selector`] for the component `migration`.
    pub jobs: Vec<Arc<Job>>,
    /// Every Pod with the labels `app.kubernetes.io/name=authbackend` and `/instance=<name>`, of all components.
    pub pods: Vec<Arc<Pod>>,
}

/// What a plan may know of a Secret: never a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObservedSecret {
    /// Name, uid, resource version, labels and owners.
    pub metadata: ObjectMeta,
    /// Keys with a value that is not empty.
    pub keys: BTreeSet<String>,
    /// The database that each key read as a connection URL points to.
    pub databases: BTreeMap<String, Result<DatabaseIdentity, InvalidUrl>>,
}

impl ObservedSecret {
    /// Reduces a Secret to what a plan may know. `url_keys` are the keys that hold connection URLs; `namespace`
    /// completes host names that are relative to it.
    pub fn reduce(secret: &Secret, url_keys: &BTreeSet<String>, namespace: &str) -> Self {
        let values = secret
            .data
            .iter()
            .flatten()
            .filter(|(_, v)| !v.0.is_empty());
        let mut reduced = Self {
            metadata: ObjectMeta {
                name: secret.metadata.name.clone(),
                uid: secret.metadata.uid.clone(),
                resource_version: secret.metadata.resource_version.clone(),
                labels: secret.metadata.labels.clone(),
                owner_references: secret.metadata.owner_references.clone(),
                ..ObjectMeta::default()
            },
            ..Self::default()
        };
        for (key, value) in values {
            if url_keys.contains(key) {
                let identity = DatabaseIdentity::from_url(&value.0, namespace);
                reduced.databases.insert(key.clone(), identity);
            }
            reduced.keys.insert(key.clone());
        }
        reduced
    }
}

/// Another AuthBackend that the same database belongs to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OtherAuthBackend {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid: one of the same name that is made later is another one.
    pub uid: String,
    /// When it was created.
    pub created: Option<Time>,
}
