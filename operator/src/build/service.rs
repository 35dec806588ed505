//! The Service in front of the server.

use authbackend_crds::v1alpha1::Exposure;
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Instance;
use crate::labels::Component;
use crate::names;

/// Port of the Service where none is given.
const DEFAULT_PORT: u16 = 80;

/// Port of the Service.
pub fn port(instance: &Instance) -> u16 {
    let exposure = instance.spec.exposure.as_ref();
    exposure
        .and_then(|exposure| exposure.service.as_ref()?.port)
        .unwrap_or(DEFAULT_PORT)
}

/// Service of the API. The admin port is not in it.
pub fn build(instance: &Instance) -> Service {
    let exposure = instance.spec.exposure.as_ref();
    let Exposure { service, .. } = exposure.cloned().unwrap_or_default();
    let chosen = service.unwrap_or_default();
    Service {
        metadata: ObjectMeta {
            annotations: chosen.annotations,
            ..instance.metadata(names::server(&instance.name), Component::Server)
        },
        spec: Some(ServiceSpec {
            type_: Some(chosen.type_.unwrap_or_default().as_str().to_owned()),
            selector: Some(instance.selector(Component::Server)),
            ports: Some(vec![ServicePort {
                name: Some("http".to_owned()),
                protocol: Some("TCP".to_owned()),
                app_protocol: Some("http".to_owned()),
                port: port(instance).into(),
                target_port: Some(IntOrString::String("http".to_owned())),
                node_port: chosen.node_port.map(i32::from),
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}
