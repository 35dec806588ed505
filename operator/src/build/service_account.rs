//! The identity of all pods.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::Instance;
use crate::labels::Component;
use crate::names;

/// Service account without any right and without a mounted token: it only gives the pods a name of their own.
pub fn build(instance: &Instance) -> ServiceAccount {
    ServiceAccount {
        metadata: instance.metadata(names::server(&instance.name), Component::Server),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
