//! Has the metrics of each pod collected.

use kube::api::DynamicObject;
use serde_json::json;

use super::{Instance, optional};
use crate::labels::{Component, INSTANCE};
use crate::optional::OptionalApi;

/// The PodMonitor that the spec asks for.
pub fn build(instance: &Instance) -> Option<DynamicObject> {
    let monitoring = instance.spec.monitoring.as_ref()?;
    let chosen = monitoring.pod_monitor.as_ref()?;
    let mut endpoint = json!({"port": "admin", "path": "/metrics"});
    if let Some(interval) = &chosen.interval {
        endpoint["interval"] = json!(interval);
    }
    let spec = json!({
        "selector": {"matchLabels": instance.selector(Component::Server)},
        "podMetricsEndpoints": [endpoint],
        // Tells the AuthBackends of a namespace apart.
        "podTargetLabels": [INSTANCE],
    });
    let mut monitor = optional::object(instance, OptionalApi::PodMonitor, &spec);
    // Labels of ours are what the object is found and watched by.
    let ours = monitor.metadata.labels.take().unwrap_or_default();
    let mut labels = chosen.labels.clone().unwrap_or_default();
    labels.extend(ours);
    monitor.metadata.labels = Some(labels);
    Some(monitor)
}
