//! How the server's metrics are collected.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the server's metrics are collected. Without it nothing is made; pods answer `/metrics` on the port `admin` all the same.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!(has(self.podMonitor) && has(self.serviceMonitor))")
    .message("monitoring: podMonitor and serviceMonitor would scrape each pod twice: remove one of them"))]
pub struct Monitoring {
    /// A PodMonitor; needs the Prometheus Operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_monitor: Option<Monitor>,

    /// A ServiceMonitor, for a Prometheus that reads no PodMonitor; needs the Prometheus Operator. It finds the pods through
    /// the Service and scrapes their port `admin`, which stays in no Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_monitor: Option<Monitor>,
}

/// How the pods of the server are scraped.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Monitor {
    /// Time between two scrapes, for example `30s`. Default: Prometheus' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(ms|s|m|h))+$"))]
    pub interval: Option<String>,

    /// Labels of the monitor, for a Prometheus that selects by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<std::collections::BTreeMap<String, String>>,
}
