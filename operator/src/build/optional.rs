//! What the objects of optional APIs start from.

use kube::api::DynamicObject;
use serde_json::Value;

use super::Instance;
use crate::labels::Component;
use crate::names;
use crate::optional::OptionalApi;

/// Object of `api`, named after the AuthBackend. Without types of their own: an object holds what is set and nothing else,
/// whatever fields another version of the API has.
pub fn object(instance: &Instance, api: OptionalApi, spec: &Value) -> DynamicObject {
    let name = names::server(&instance.name);
    let mut object = DynamicObject::new(&name, &api.resource());
    object.metadata = instance.metadata(name, Component::Server);
    object.data = serde_json::json!({ "spec": spec });
    object
}
