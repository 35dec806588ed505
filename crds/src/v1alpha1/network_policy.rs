//! What may reach the pods, and what they may reach.

use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What may reach the pods, and what they may reach. Without it there is a policy for a managed database only, which admits
/// the AuthBackend's own pods and nothing else; with it, also one for the server and the migration.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkPolicy {
    /// Whether there are policies. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Who may call the API, for example the namespace of the Ingress's controller. Default: everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub api_from: Option<Vec<NetworkPolicyPeer>>,

    /// Who may read metrics on the admin port, for example the namespace of Prometheus. Default: nobody but the kubelet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub metrics_from: Option<Vec<NetworkPolicyPeer>>,

    /// What the pods may reach besides DNS, the database, and the ports that the settings need (443 for sign-in through other
    /// services, those of relays and webhooks): for example a database behind a Service whose pods listen on another port.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub additional_egress: Option<Vec<NetworkPolicyEgressRule>>,
}

impl NetworkPolicy {
    /// Whether there are policies.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }
}
