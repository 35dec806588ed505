//! The generated credentials.

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::PORT;
use crate::build::Instance;
use crate::labels::Component;
use crate::names;
use crate::reconcile::database::{MANAGED_NAME, managed_host};
use crate::reconcile::plan::{GeneratedSecret, GeneratedValue};
use crate::reconcile::references::{DATABASE_KEY, PASSWORD_KEY, URI_KEY, USERNAME_KEY};

/// Metadata of the Secret.
pub fn metadata(instance: &Instance) -> ObjectMeta {
    instance.retained_metadata(names::postgres(&instance.name), Component::Postgres)
}

/// The Secret to create once.
pub fn generated(instance: &Instance) -> GeneratedSecret {
    let host = managed_host(&instance.name, &instance.namespace);
    let literal = || GeneratedValue::Literal(MANAGED_NAME.to_owned());
    let random = |prefix, suffix| GeneratedValue::Random { prefix, suffix };
    let uri = random(
        format!("postgres://{MANAGED_NAME}:"),
        // Never leaves the cluster's own network, and the server has no certificate.
        format!("@{host}:{PORT}/{MANAGED_NAME}?sslmode=disable"),
    );
    GeneratedSecret {
        secret: Secret {
            metadata: metadata(instance),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        },
        values: [
            (USERNAME_KEY, literal()),
            (PASSWORD_KEY, random(String::new(), String::new())),
            (DATABASE_KEY, literal()),
            (URI_KEY, uri),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into(),
    }
}
