//! The shape of a plan.

use std::collections::BTreeMap;
use std::time::Duration;

use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendStatus};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::DynamicObject;

use crate::optional::OptionalApi;

/// What one reconcile does. The status is written first, so that a migration's hash and outcome are on record before a
/// Job or a Deployment depends on them; then Jobs are deleted, `generate` and `apply` follow, and the rest of `delete` is last.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Objects to bring into being, complete.
    pub apply: Resources,
    /// Objects to delete.
    pub delete: Vec<Deletion>,
    /// Secrets to create: nothing has used one yet, or another one is asked for.
    pub generate: Vec<GeneratedSecret>,
    /// The complete status.
    pub status: AuthBackendStatus,
    /// Events, each published once.
    pub events: Vec<PlannedEvent>,
    /// When to look again.
    pub requeue: Requeue,
}

impl Plan {
    /// Whether the status differs from the one that `auth_backend` has, so that it must be written.
    pub fn changes_status(&self, auth_backend: &AuthBackend) -> bool {
        auth_backend.status.as_ref() != Some(&self.status)
    }
}

/// Desired objects, one field per kind, in the order in which they are applied. `None` leaves what exists untouched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    /// Identity of all pods; applied first, because pods refer to it.
    pub service_account: Option<ServiceAccount>,
    /// The settings that the spec asks for.
    pub config_map: Option<ConfigMap>,
    /// Metadata (labels and owner) of the existing generated signing Secret, with its uid and without data, so that
    /// the apply can neither create it nor touch its values.
    pub signing_secret: Option<Secret>,
    /// As `signing_secret`, of the managed database's credentials.
    pub postgres_secret: Option<Secret>,
    /// Service of the managed database.
    pub postgres_service: Option<Service>,
    /// The managed database.
    pub postgres_stateful_set: Option<StatefulSet>,
    /// Job to create. Never patched: its name says what it does.
    pub migration_job: Option<Job>,
    /// Service of the server.
    pub service: Option<Service>,
    /// The server; applied after all that its pods mount.
    pub deployment: Option<Deployment>,
    /// Keeps pods during a drain of nodes.
    pub pod_disruption_budget: Option<PodDisruptionBudget>,
    /// Lets the number of pods follow the load.
    pub horizontal_pod_autoscaler: Option<HorizontalPodAutoscaler>,
    /// Brings requests from outside to the Service.
    pub ingress: Option<Ingress>,
    /// What the server and the migration may reach, and who may reach them.
    pub network_policy: Option<NetworkPolicy>,
    /// As `network_policy`, of the managed database.
    pub postgres_network_policy: Option<NetworkPolicy>,
    /// Objects of optional APIs that are served.
    pub optional: BTreeMap<OptionalApi, DynamicObject>,
}

/// An object to delete, in the background, only if its uid is still the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deletion {
    /// Its kind.
    pub kind: DeletionKind,
    /// Its name, in the namespace of the AuthBackend.
    pub name: String,
    /// Its uid as observed.
    pub uid: String,
}

/// Kinds that are deleted while their AuthBackend lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeletionKind {
    /// A migration that is not kept any longer, or whose name another one is to have.
    Job,
    /// Settings that nothing runs with any longer.
    ConfigMap,
    /// No longer more than one pod.
    PodDisruptionBudget,
    /// No longer autoscaled.
    HorizontalPodAutoscaler,
    /// No longer exposed that way.
    Ingress,
    /// No longer asked for.
    NetworkPolicy,
    /// No longer asked for.
    Optional(OptionalApi),
}

/// A Secret to create once (a plain create: never an apply, so that values are never overwritten).
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedSecret {
    /// Metadata and type; no data.
    pub secret: Secret,
    /// Value of each key.
    pub values: BTreeMap<String, GeneratedValue>,
}

/// A value of a generated Secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GeneratedValue {
    /// A known value.
    Literal(String),
    /// `prefix`, the Secret's one random value, `suffix`.
    Random {
        /// Before the random value.
        prefix: String,
        /// After the random value.
        suffix: String,
    },
}

impl GeneratedSecret {
    /// The Secret with its values. `random` must be at least 32 random characters out of letters and digits, so that it
    /// fits into a URL unescaped and is long enough to sign with.
    pub fn fill(&self, random: &str) -> Secret {
        let value = |value: &GeneratedValue| match value {
            GeneratedValue::Literal(value) => value.clone(),
            GeneratedValue::Random { prefix, suffix } => format!("{prefix}{random}{suffix}"),
        };
        let data = self
            .values
            .iter()
            .map(|(key, v)| (key.clone(), value(v)))
            .collect();
        Secret {
            string_data: Some(data),
            ..self.secret.clone()
        }
    }
}

/// An event on the AuthBackend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedEvent {
    /// Whether it is news or a warning.
    pub type_: EventType,
    /// Machine-readable cause, in upper camel case.
    pub reason: String,
    /// What was done, in upper camel case.
    pub action: String,
    /// For people, without secrets, at most 1 KiB.
    pub note: String,
}

/// Type of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventType {
    /// News.
    Normal,
    /// Something needs attention.
    Warning,
}

/// When to look again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Requeue {
    /// When a watched object changes (or at the controller's own resync).
    OnChange,
    /// At the latest after this time.
    After(Duration),
}
