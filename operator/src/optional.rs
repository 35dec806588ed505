//! APIs that a cluster may have or not have, now or later.
//!
//! Which of them are served is asked again and again, see [`discovery`]: a plan is made from what is served at the
//! moment, and the watches on an API begin when it appears and end when it goes.

pub mod discovery;

use std::collections::BTreeSet;
use std::fmt;

use authbackend_crds::v1alpha1::AuthBackendSpec;
use kube::core::{ApiResource, GroupVersionKind};

use crate::names;

/// An API that a cluster may have or not have.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum OptionalApi {
    /// Certificates of cert-manager.
    Certificate,
    /// Clusters of CloudNativePG: read, never made.
    Cluster,
    /// Routes of the Gateway API.
    HttpRoute,
    /// Scrapes of pods by the Prometheus Operator.
    PodMonitor,
    /// Scrapes of the pods behind a Service, by the same.
    ServiceMonitor,
}

/// Those that the cluster serves.
pub type Served = BTreeSet<OptionalApi>;

impl OptionalApi {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Certificate,
        Self::Cluster,
        Self::HttpRoute,
        Self::PodMonitor,
        Self::ServiceMonitor,
    ];

    /// Its kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Certificate => "Certificate",
            Self::Cluster => "Cluster",
            Self::HttpRoute => "HTTPRoute",
            Self::PodMonitor => "PodMonitor",
            Self::ServiceMonitor => "ServiceMonitor",
        }
    }

    /// Group and version, as `apiVersion` spells them.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::Certificate => "cert-manager.io/v1",
            Self::Cluster => "postgresql.cnpg.io/v1",
            Self::HttpRoute => "gateway.networking.k8s.io/v1",
            Self::PodMonitor | Self::ServiceMonitor => "monitoring.coreos.com/v1",
        }
    }

    /// Name of the resource in URLs.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Certificate => "certificates",
            Self::Cluster => "clusters",
            Self::HttpRoute => "httproutes",
            Self::PodMonitor => "podmonitors",
            Self::ServiceMonitor => "servicemonitors",
        }
    }

    /// What has to be installed for it.
    pub fn provider(self) -> &'static str {
        match self {
            Self::Certificate => "cert-manager",
            Self::Cluster => "CloudNativePG",
            Self::HttpRoute => "the Gateway API",
            Self::PodMonitor | Self::ServiceMonitor => "the Prometheus Operator",
        }
    }

    /// Field of `spec` that asks for it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Certificate => "exposure.certificate",
            Self::Cluster => "database.cnpg",
            Self::HttpRoute => "exposure.httpRoute",
            Self::PodMonitor => "monitoring.podMonitor",
            Self::ServiceMonitor => "monitoring.serviceMonitor",
        }
    }

    /// Whether `spec` asks for it.
    pub fn is_wanted(self, spec: &AuthBackendSpec) -> bool {
        let (exposure, monitoring) = (spec.exposure.as_ref(), spec.monitoring.as_ref());
        match self {
            Self::Certificate => exposure.is_some_and(|exposure| exposure.certificate.is_some()),
            Self::Cluster => spec.database.cnpg.is_some(),
            Self::HttpRoute => exposure.is_some_and(|exposure| exposure.http_route.is_some()),
            Self::PodMonitor => monitoring.is_some_and(|chosen| chosen.pod_monitor.is_some()),
            Self::ServiceMonitor => {
                monitoring.is_some_and(|chosen| chosen.service_monitor.is_some())
            }
        }
    }

    /// Name of the object of an AuthBackend `instance`; `None` where there can be none.
    pub fn object_name(self, spec: &AuthBackendSpec, instance: &str) -> Option<String> {
        match self {
            Self::Cluster => spec
                .database
                .cnpg
                .as_ref()
                .map(|cluster| cluster.name.clone()),
            Self::Certificate | Self::HttpRoute | Self::PodMonitor | Self::ServiceMonitor => {
                Some(names::server(instance))
            }
        }
    }

    /// As a client addresses it.
    pub fn resource(self) -> ApiResource {
        let (group, version) = self.api_version().split_once('/').unwrap_or_default();
        let kind = GroupVersionKind::gvk(group, version, self.kind());
        ApiResource::from_gvk_with_plural(&kind, self.plural())
    }
}

impl fmt::Display for OptionalApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.api_version(), self.kind())
    }
}
