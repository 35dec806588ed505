//! The Service of the database.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::PORT;
use crate::build::Instance;
use crate::labels::Component;
use crate::names;

/// Service whose address outlives the pod's.
pub fn build(instance: &Instance) -> Service {
    Service {
        metadata: instance.metadata(names::postgres(&instance.name), Component::Postgres),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(instance.selector(Component::Postgres)),
            ports: Some(vec![ServicePort {
                name: Some("postgres".to_owned()),
                protocol: Some("TCP".to_owned()),
                port: PORT,
                target_port: Some(IntOrString::String("postgres".to_owned())),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}
