//! Brings requests from outside of the cluster to the Service.

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
    IngressServiceBackend, IngressSpec, IngressTLS, ServiceBackendPort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Instance, certificate, mount};
use crate::labels::Component;
use crate::names;

/// The Ingress that the spec asks for.
pub fn build(instance: &Instance) -> Option<Ingress> {
    let exposure = instance.spec.exposure.as_ref()?;
    let chosen = exposure.ingress.clone()?;
    let host = mount::host(instance);
    let secret = chosen
        .tls_secret_name
        .or_else(|| certificate::secret_name(instance));
    Some(Ingress {
        metadata: ObjectMeta {
            annotations: chosen.annotations,
            ..instance.metadata(names::server(&instance.name), Component::Server)
        },
        spec: Some(IngressSpec {
            ingress_class_name: chosen.class_name,
            tls: secret.map(|secret| {
                vec![IngressTLS {
                    hosts: Some(vec![host.clone()]),
                    secret_name: Some(secret),
                }]
            }),
            rules: Some(vec![IngressRule {
                host: Some(host),
                http: Some(HTTPIngressRuleValue {
                    paths: vec![HTTPIngressPath {
                        path: Some(mount::path(instance)),
                        path_type: "Prefix".to_owned(),
                        backend: backend(instance),
                    }],
                }),
            }]),
            ..IngressSpec::default()
        }),
        ..Ingress::default()
    })
}

fn backend(instance: &Instance) -> IngressBackend {
    IngressBackend {
        service: Some(IngressServiceBackend {
            name: names::server(&instance.name),
            port: Some(ServiceBackendPort {
                name: Some("http".to_owned()),
                ..ServiceBackendPort::default()
            }),
        }),
        ..IngressBackend::default()
    }
}
