//! The generated signing secret.

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Instance;
use crate::labels::Component;
use crate::names;
use crate::reconcile::plan::{GeneratedSecret, GeneratedValue};
use crate::reconcile::references::SIGNING_KEY;

/// Metadata of the Secret.
pub fn metadata(instance: &Instance) -> ObjectMeta {
    instance.retained_metadata(names::signing_secret(&instance.name), Component::Server)
}

/// The Secret to create once.
pub fn generated(instance: &Instance) -> GeneratedSecret {
    let random = GeneratedValue::Random {
        prefix: String::new(),
        suffix: String::new(),
    };
    GeneratedSecret {
        secret: Secret {
            metadata: metadata(instance),
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        },
        values: [(SIGNING_KEY.to_owned(), random)].into(),
    }
}
