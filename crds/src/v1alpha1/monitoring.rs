//! How the server's metrics and traces are collected.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeyRef;
use crate::auth::port_of;

/// How the server's metrics and traces are collected. Without it nothing is made; pods answer `/metrics` on the port `admin` all the same.
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

    /// Traces, by OTLP over HTTP. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracing: Option<Tracing>,
}

/// Where traces of requests go, and which: spans of requests, statements and calls to other services, without anything that a
/// person sent. A variable of the same name in `env` goes before what follows from these fields.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tracing {
    /// URL of a collector that takes OTLP over HTTP, for example `http://collector.monitoring:4318`; spans are posted to
    /// `/v1/traces` below it.
    #[schemars(length(min = 1, max = 2048))]
    #[x_kube(validation = Rule::new(r"self.matches('^https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(/[A-Za-z0-9._~%-]+)*/?$')")
        .message("endpoint: must look like http://host:4318, without credentials, query or fragment"))]
    pub endpoint: String,

    /// Headers of each export, usually credentials: pairs `name=value` with commas between them, values percent-encoded. Read for
    /// each export: a new value needs no restart. While the Secret is missing, nothing is exported and everything else
    /// works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers_ref: Option<SecretKeyRef>,

    /// How many of a million traces are exported, of those whose caller has not decided. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub sampling_rate_per_million: Option<u32>,
}

impl Tracing {
    /// Port of the collector.
    pub fn port(&self) -> Option<u16> {
        port_of(&self.endpoint)
    }
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
