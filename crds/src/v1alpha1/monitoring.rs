//! How the server's metrics are collected.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the server's metrics are collected. Without it nothing is made; pods answer `/metrics` on the port `admin` all the same.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    /// A PodMonitor; needs the Prometheus Operator. No ServiceMonitor, because the admin port is in no Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_monitor: Option<PodMonitor>,
}

/// A PodMonitor for the pods of the server.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitor {
    /// Time between two scrapes, for example `30s`. Default: Prometheus' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(ms|s|m|h))+$"))]
    pub interval: Option<String>,

    /// Labels of the PodMonitor, for a Prometheus that selects by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<std::collections::BTreeMap<String, String>>,
}
