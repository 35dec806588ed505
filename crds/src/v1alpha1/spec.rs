//! The resource and its `spec`.

use k8s_openapi::api::core::v1::ResourceRequirements;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AuthBackendStatus, Database, DisruptionBudget, Exposure, Migration, Monitoring, NetworkPolicy,
    PodTemplate, SecretKeyRef, TopologySpread, quantity,
};
use crate::auth::AuthSettings;

/// An authentication service that speaks better-auth's HTTP API on a Postgres database.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "authbackend.dev",
    version = "v1alpha1",
    kind = "AuthBackend",
    plural = "authbackends",
    shortname = "ab",
    category = "all",
    category = "auth",
    namespaced,
    status = "AuthBackendStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "An authentication service that speaks better-auth's HTTP API on a Postgres database.",
    cel,
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 43")
        .message("metadata.name: at most 43 lower-case letters, digits and hyphens, starting with a letter, because objects are named after it"),
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "URL", type_ = "string", json_path = ".status.url"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.current.version"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Migration", type_ = "string", json_path = ".status.migration.phase"),
    printcolumn(name = "Replicas", type_ = "integer", json_path = ".status.readyReplicas"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    printcolumn(name = "Image", type_ = "string", json_path = ".status.current.image", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!(has(self.replicas) && has(self.autoscaling))")
        .message("replicas and autoscaling exclude each other: remove one of them"),
    validation = Rule::new("!(has(self.image) && has(self.version))")
        .message("image and version exclude each other: image names the version already"),
    validation = Rule::new("!has(self.exposure) || !(has(self.exposure.ingress) || has(self.exposure.httpRoute) || has(self.exposure.certificate)) || self.baseURL.matches('^https?://[A-Za-z0-9.-]*[A-Za-z][A-Za-z0-9.-]*(:|/|$)')")
        .message("exposure: ingress, httpRoute and certificate need a host name in baseURL, not an address"),
    validation = Rule::new("!has(self.exposure) || !has(self.exposure.certificate) || self.baseURL.startsWith('https://')")
        .message("exposure.certificate: needs a baseURL that starts with https://"),
    validation = Rule::new("!has(self.exposure) || !has(self.exposure.ingress) || !has(self.exposure.ingress.tlsSecretName) || self.baseURL.startsWith('https://')")
        .message("exposure.ingress.tlsSecretName: needs a baseURL that starts with https://"),
)]
pub struct AuthBackendSpec {
    /// Public URL of the API: an http or https URL without query, fragment, credentials or trailing slash. Its
    /// path is where the API is mounted; without a path, at `/api/auth`. Injected as `AUTH_BASE_URL`.
    #[serde(rename = "baseURL")]
    #[schemars(length(min = 1, max = 2048))]
    #[x_kube(
        validation = Rule::new("self.matches('^https?://[^/]')").message("baseURL: must be an http or https URL, for example https://shop.example/api"),
        validation = Rule::new("!self.contains('?') && !self.contains('#')").message("baseURL: must have neither query nor fragment"),
        validation = Rule::new("!self.contains('@')").message("baseURL: must hold no credentials"),
        validation = Rule::new(r"!self.matches('/([.]|%2[eE]){1,2}(/|$)')").message("baseURL: must have no . or .. in its path"),
        validation = Rule::new("!self.endsWith('/')").message("baseURL: must not end with a slash"),
        validation = Rule::new(r"self.matches('^https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(/[A-Za-z0-9._~%-]+)*$')").message("baseURL: must look like https://host, https://host:port or https://host/path"),
    )]
    pub base_url: String,

    /// The database.
    pub database: Database,

    /// Image of the auth server; a digest works. Default: the operator's own release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^\S+$"))]
    pub image: Option<String>,

    /// Release of the auth server: the tag of the operator's default image. Default: the operator's own release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    )]
    pub version: Option<String>,

    /// When the image is pulled. Default: the cluster's rule (always for the tag `latest`, else if not present).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<ImagePullPolicy>,

    /// Secrets with which images are pulled, before those that the operator's installation names for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub image_pull_secrets: Option<Vec<ImagePullSecret>>,

    /// Number of pods, 0 to 1000. With 0 the AuthBackend sleeps: everything is in place, and no migration starts until it
    /// wakes. Default: 1. Excludes `autoscaling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: Option<i32>,

    /// Let the number of pods follow the load. Excludes `replicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,

    /// Secrets of at least 32 characters that sign cookies and tokens: the first signs, all verify. Default: one
    /// that the operator generates once and keeps (Secret `<name>-signing`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 10))]
    pub secret_refs: Option<Vec<SecretKeyRef>>,

    /// Settings of the auth server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthSettings>,

    /// How the schema is brought up to date before a new version serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,

    /// How the API is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,

    /// What may reach the pods, and what they may reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_policy: Option<NetworkPolicy>,

    /// How the server's metrics and traces are collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<Monitoring>,

    /// CPU and memory of a pod. Default: requests of 50m and 64Mi, memory limited to 256Mi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<quantity::Resources>")]
    pub resources: Option<ResourceRequirements>,

    /// Further environment variables of the auth server, for example `LOG_LEVEL`. For secrets use `secretRefs`
    /// and `database`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]), validation = Rule::new("self.all(e, !e.name.startsWith('AUTH_') && !(e.name.startsWith('DATABASE_') && e.name != 'DATABASE_MAX_CONNECTIONS') && !(e.name in ['LISTEN_ADDR', 'ADMIN_LISTEN_ADDR', 'SHUTDOWN_DELAY', 'TERMINATION_MESSAGE_PATH']))").message("env: AUTH_*, DATABASE_* except DATABASE_MAX_CONNECTIONS, LISTEN_ADDR, ADMIN_LISTEN_ADDR, SHUTDOWN_DELAY and TERMINATION_MESSAGE_PATH are set by the operator"))]
    pub env: Option<Vec<EnvVar>>,

    /// Priority class of all pods, also of a managed database. Default: the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub priority_class_name: Option<String>,

    /// How the pods of the server are spread, once over each kind of place and `whenUnsatisfiable`. Default: over hosts and over
    /// zones, as far as possible; an empty list: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8))]
    #[x_kube(validation = Rule::new("self.all(a, self.exists_one(b, a.topologyKey == b.topologyKey && (has(a.whenUnsatisfiable) ? a.whenUnsatisfiable : 'ScheduleAnyway') == (has(b.whenUnsatisfiable) ? b.whenUnsatisfiable : 'ScheduleAnyway')))").message("topologySpread: lists the same topologyKey and whenUnsatisfiable twice: remove one of them"))]
    pub topology_spread: Option<Vec<TopologySpread>>,

    /// How many pods may be away while nodes are drained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disruption_budget: Option<DisruptionBudget>,

    /// What else the pods of the server and of the migration should have, as a pod template that is merged into the
    /// operator's (strategic merge): node selector, tolerations, affinity, labels, annotations, volumes, variables and mounts
    /// of the container `server`, and sidecars as init containers with `restartPolicy: Always`. Fields that the operator
    /// answers for are refused in the condition `Ready`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_template: Option<PodTemplate>,

    /// Change nothing while true; the status stays live. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// What happens, when the AuthBackend is deleted, to what cannot be made again: the data of a managed database
    /// with its credentials, and a generated signing secret. Default: Retain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// Whether the operator sets the environment variable itself, or keeps it for itself: the rule of `spec.env`.
pub fn is_reserved_variable(name: &str) -> bool {
    let names = [
        "LISTEN_ADDR",
        "ADMIN_LISTEN_ADDR",
        "SHUTDOWN_DELAY",
        "TERMINATION_MESSAGE_PATH",
    ];
    name.starts_with("AUTH_")
        || (name.starts_with("DATABASE_") && name != "DATABASE_MAX_CONNECTIONS")
        || names.contains(&name)
}

/// Let the number of pods follow the load.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.minReplicas) || self.minReplicas <= self.maxReplicas")
    .message("autoscaling: minReplicas must not be above maxReplicas"))]
pub struct Autoscaling {
    /// Fewest pods, 1 to 1000. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub min_replicas: Option<i32>,

    /// Most pods, 1 to 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub max_replicas: i32,

    /// Average use of the requested CPU to aim at, in percent, 1 to 100. Default: 80.
    #[serde(
        rename = "targetCPUUtilization",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(range(min = 1, max = 100))]
    pub target_cpu_utilization: Option<i32>,
}

/// When the image is pulled. Default: the cluster's rule (always for the tag `latest`, else if not present).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ImagePullPolicy {
    /// At every start.
    Always,
    /// Where the node does not have it.
    IfNotPresent,
    /// Never: the node must have it.
    Never,
}

impl ImagePullPolicy {
    /// The value as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}

/// A Secret with which images are pulled.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ImagePullSecret {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// An environment variable.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct EnvVar {
    /// Name of the variable.
    #[schemars(
        length(min = 1, max = 256),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub name: String,

    /// Value of the variable.
    #[schemars(length(max = 32_768))]
    pub value: String,
}

/// What happens, when the AuthBackend is deleted, to what cannot be made again: the data of a managed database
/// with its credentials, and a generated signing secret. Default: Retain.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum DeletionPolicy {
    /// Kept.
    #[default]
    Retain,
    /// Deleted.
    Delete,
}
