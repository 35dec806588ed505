//! Has the metrics of each pod collected.

use authbackend_crds::v1alpha1::Monitor;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::{Instance, optional};
use crate::labels::{Component, INSTANCE};
use crate::optional::OptionalApi;

/// The PodMonitor that the spec asks for.
pub fn of_pods(instance: &Instance) -> Option<DynamicObject> {
    let chosen = instance.spec.monitoring.as_ref()?.pod_monitor.as_ref()?;
    let spec = json!({
        "selector": {"matchLabels": instance.selector(Component::Server)},
        "podMetricsEndpoints": [endpoint("port", chosen)],
        // Tells the AuthBackends of a namespace apart.
        "podTargetLabels": [INSTANCE],
    });
    Some(object(instance, OptionalApi::PodMonitor, chosen, &spec))
}

/// The ServiceMonitor that the spec asks for. The port is that of the pods behind the Service, which has none for metrics.
pub fn of_service(instance: &Instance) -> Option<DynamicObject> {
    let monitoring = instance.spec.monitoring.as_ref()?;
    let chosen = monitoring.service_monitor.as_ref()?;
    let spec = json!({
        "selector": {"matchLabels": instance.selector(Component::Server)},
        "endpoints": [endpoint("targetPort", chosen)],
        "podTargetLabels": [INSTANCE],
    });
    Some(object(instance, OptionalApi::ServiceMonitor, chosen, &spec))
}

/// What is scraped; `field` names its port.
fn endpoint(field: &str, chosen: &Monitor) -> Value {
    let mut endpoint = json!({field: "admin", "path": "/metrics"});
    if let Some(interval) = &chosen.interval {
        endpoint["interval"] = json!(interval);
    }
    endpoint
}

fn object(instance: &Instance, api: OptionalApi, chosen: &Monitor, spec: &Value) -> DynamicObject {
    let mut monitor = optional::object(instance, api, spec);
    // Labels of ours are what the object is found and watched by.
    let ours = monitor.metadata.labels.take().unwrap_or_default();
    let mut labels = chosen.labels.clone().unwrap_or_default();
    labels.extend(ours);
    monitor.metadata.labels = Some(labels);
    monitor
}
