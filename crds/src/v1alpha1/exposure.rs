//! How the API is reached.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the API is reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// The Service in front of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,

    /// An Ingress for the host and the mount path of `baseURL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Ingress>,

    /// An HTTPRoute for the host and the mount path of `baseURL`; needs the Gateway API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_route: Option<HttpRoute>,

    /// A Certificate for the host of `baseURL`; needs cert-manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

impl Exposure {
    /// Field of the first part that needs the host of `baseURL` to be a name.
    pub fn needs_host_name(&self) -> Option<&'static str> {
        [
            (self.ingress.is_some(), "exposure.ingress"),
            (self.http_route.is_some(), "exposure.httpRoute"),
            (self.certificate.is_some(), "exposure.certificate"),
        ]
        .into_iter()
        .find_map(|(set, field)| set.then_some(field))
    }
}

/// An Ingress for the host and the mount path of `baseURL`. With `exposure.certificate` it ends TLS with that certificate.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ingress {
    /// Class of the Ingress. Default: the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub class_name: Option<String>,

    /// Secret with the certificate with which TLS ends. Default: that of `exposure.certificate`; without one, whatever the
    /// Ingress's controller does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub tls_secret_name: Option<String>,

    /// Annotations of the Ingress, for its controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<std::collections::BTreeMap<String, String>>,
}

/// An HTTPRoute for the host and the mount path of `baseURL`. TLS ends at the Gateway's listener.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRoute {
    /// What the route attaches to.
    #[schemars(length(min = 1, max = 32))]
    pub parent_refs: Vec<ParentRef>,

    /// Host names that the route takes. Default: the host of `baseURL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 253)))]
    pub hostnames: Option<Vec<String>>,

    /// Annotations of the HTTPRoute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<std::collections::BTreeMap<String, String>>,
}

/// What a route attaches to.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// Name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,

    /// Namespace. Default: that of the AuthBackend.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,

    /// API group. Default: gateway.networking.k8s.io.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub group: Option<String>,

    /// Kind. Default: Gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub kind: Option<String>,

    /// Name of a listener. Default: all that admit the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub section_name: Option<String>,

    /// Port of a listener. Default: all that admit the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: Option<u16>,
}

/// A Certificate for the host of `baseURL`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Who issues it.
    pub issuer_ref: IssuerRef,

    /// Secret that cert-manager writes it to; a Gateway's listener may name it. Default: `<name>-tls`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: Option<String>,
}

/// Who issues a certificate.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerRef {
    /// Name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,

    /// Kind, for example `ClusterIssuer`. Default: Issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub kind: Option<String>,

    /// API group. Default: cert-manager.io.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub group: Option<String>,
}

/// The Service in front of the pods.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.nodePort) || (has(self.type) && self.type != 'ClusterIP')")
        .message("exposure.service.nodePort: needs type NodePort or LoadBalancer"),
)]
pub struct Service {
    /// Type of the Service. Default: ClusterIP.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<ServiceType>,

    /// Port of the Service. Default: 80.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: Option<u16>,

    /// Port on every node. Default: one that the cluster chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65_535))]
    pub node_port: Option<u16>,

    /// Annotations of the Service, for example for a load balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<std::collections::BTreeMap<String, String>>,
}

/// Type of the Service. Default: ClusterIP.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ServiceType {
    /// Reached from within the cluster.
    #[default]
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// Reached through a port of every node.
    NodePort,
    /// Reached through a load balancer of the cluster's provider.
    LoadBalancer,
}

impl ServiceType {
    /// The value as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClusterIp => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
        }
    }
}
