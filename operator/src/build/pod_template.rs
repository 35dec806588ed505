//! `spec.podTemplate`: what users may add to pods.

mod form;
pub mod guard;
mod merge;

use authbackend_crds::v1alpha1::PodTemplate;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Value, json};

use super::deployment::CONTAINER;

/// `template` with what `added` says, merged as a strategic merge patch. What `added` says of the container `server` concerns
/// `container`, so that a migration runs in the surroundings of the server.
pub fn applied(
    template: PodTemplateSpec,
    added: Option<&PodTemplate>,
    container: &str,
) -> PodTemplateSpec {
    let Some(added) = added else {
        return template;
    };
    let mut patch = Value::Object(added.0.clone());
    for own in items(&mut patch, "containers") {
        if own["name"] == CONTAINER {
            own["name"] = json!(container);
        }
    }
    for sidecar in items(&mut patch, "initContainers") {
        restrict(sidecar);
    }
    let Ok(mut merged) = serde_json::to_value(&template) else {
        return template;
    };
    merge::merge(&mut merged, &patch);
    // Both are pod templates, see `guard`, and so is what they make together.
    serde_json::from_value(merged).unwrap_or(template)
}

/// What the restricted Pod Security Standard asks of a container, where it says nothing of its own.
fn restrict(container: &mut Value) {
    let mut context = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
    });
    merge::merge(&mut context, &container["securityContext"]);
    container["securityContext"] = context;
}

fn items<'a>(template: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = template.pointer_mut(&format!("/spec/{list}"));
    list.and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests;
