//! Step 4: writes the status, before anything is made that depends on it.

use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendStatus};
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Resource as _, ResourceExt as _};
use serde_json::json;

use crate::failure::Failure;
use crate::names::MANAGER;

/// Writes `status`, if it is still the one of the object that the plan was made from: the resource version makes a
/// second leader, or a cache that lags behind, a conflict instead of an older state that wins.
pub async fn report(
    client: &Client,
    auth_backend: &AuthBackend,
    status: &AuthBackendStatus,
) -> Result<(), Failure> {
    let name = auth_backend.name_any();
    let namespace = auth_backend.namespace().unwrap_or_default();
    let api: Api<AuthBackend> = Api::namespaced(client.clone(), &namespace);
    let patch = json!({
        "apiVersion": AuthBackend::api_version(&()),
        "kind": AuthBackend::kind(&()),
        "metadata": {
            "name": name,
            "uid": auth_backend.metadata.uid,
            "resourceVersion": auth_backend.metadata.resource_version,
        },
        "status": status,
    });
    let params = PatchParams::apply(MANAGER).force();
    let written = api
        .patch_status(&name, &params, &Patch::Apply(&patch))
        .await;
    written
        .map(drop)
        .map_err(|error| Failure::new("report", "AuthBackend", &name, &error))
}
