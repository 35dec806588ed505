//! A Cluster of CloudNativePG.

use authbackend_crds::v1alpha1::Cnpg;
use kube::api::DynamicObject;
use serde_json::Value;

use super::needs::Blocker;
use super::optional;
use crate::build::Instance;
use crate::optional::OptionalApi;
use crate::reconcile::observed::Observed;
use crate::reconcile::reason::Reason;

/// Why the Cluster cannot be used yet.
pub fn unready(instance: &Instance, cluster: &Cnpg, observed: &Observed) -> Option<Blocker> {
    let api = OptionalApi::Cluster;
    if !observed.served.contains(&api) {
        return Some(Blocker::new(Reason::MissingApi, optional::message(api)));
    }
    let named = format!("Cluster {}/{}", instance.namespace, cluster.name);
    let message = match observed.optional.get(&api) {
        None => format!("{named} does not exist: create it"),
        Some(live) if !is_ready(live) => format!("{named} is not ready{}", phase(live)),
        Some(_) => return None,
    };
    Some(Blocker::new(Reason::WaitingForDatabase, message))
}

fn is_ready(cluster: &DynamicObject) -> bool {
    let conditions = cluster.data["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// What CloudNativePG says it is doing.
fn phase(cluster: &DynamicObject) -> String {
    let status = &cluster.data["status"];
    let text = |value: &Value| {
        let text = value.as_str().map(str::trim);
        text.filter(|text| !text.is_empty())
            .map(|text| format!(": {text}"))
            .unwrap_or_default()
    };
    text(&status["phase"]) + &text(&status["phaseReason"])
}
