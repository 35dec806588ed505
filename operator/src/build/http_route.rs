//! Brings requests from a Gateway to the Service.

use authbackend_crds::v1alpha1::ParentRef;
use kube::api::DynamicObject;
use serde_json::{Map, Value, json};

use super::{Instance, mount, optional, service};
use crate::names;
use crate::optional::OptionalApi;

/// The HTTPRoute that the spec asks for.
pub fn build(instance: &Instance) -> Option<DynamicObject> {
    let exposure = instance.spec.exposure.as_ref()?;
    let chosen = exposure.http_route.clone()?;
    let hostnames = chosen
        .hostnames
        .unwrap_or_else(|| vec![mount::host(instance)]);
    let parents: Vec<Value> = chosen.parent_refs.iter().map(parent).collect();
    let spec = json!({
        "parentRefs": parents,
        "hostnames": hostnames,
        "rules": [{
            "matches": [{"path": {"type": "PathPrefix", "value": mount::path(instance)}}],
            "backendRefs": [{
                "name": names::server(&instance.name),
                "port": service::port(instance),
            }],
        }],
    });
    let mut route = optional::object(instance, OptionalApi::HttpRoute, &spec);
    route.metadata.annotations = chosen.annotations;
    Some(route)
}

/// Without what is not set: the API has defaults of its own.
fn parent(reference: &ParentRef) -> Value {
    let optional = [
        ("namespace", reference.namespace.clone().map(Value::from)),
        ("group", reference.group.clone().map(Value::from)),
        ("kind", reference.kind.clone().map(Value::from)),
        (
            "sectionName",
            reference.section_name.clone().map(Value::from),
        ),
        ("port", reference.port.map(Value::from)),
    ];
    let mut parent = Map::from_iter([("name".to_owned(), Value::from(reference.name.clone()))]);
    for (field, value) in optional {
        if let Some(value) = value {
            parent.insert(field.to_owned(), value);
        }
    }
    Value::Object(parent)
}
