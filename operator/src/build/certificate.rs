//! The certificate of the public host.

use kube::api::DynamicObject;
use serde_json::json;

use super::{Instance, mount, optional};
use crate::names;
use crate::optional::OptionalApi;

/// The Certificate that the spec asks for.
pub fn build(instance: &Instance) -> Option<DynamicObject> {
    let exposure = instance.spec.exposure.as_ref()?;
    let issuer = &exposure.certificate.as_ref()?.issuer_ref;
    let spec = json!({
        "secretName": secret_name(instance)?,
        "dnsNames": [mount::host(instance)],
        "issuerRef": {
            "name": issuer.name,
            "kind": issuer.kind.as_deref().unwrap_or("Issuer"),
            "group": issuer.group.as_deref().unwrap_or("cert-manager.io"),
        },
    });
    Some(optional::object(instance, OptionalApi::Certificate, &spec))
}

/// Secret that the certificate is written to; `None` where the spec asks for none.
pub fn secret_name(instance: &Instance) -> Option<String> {
    let exposure = instance.spec.exposure.as_ref()?;
    let chosen = exposure.certificate.as_ref()?.secret_name.clone();
    Some(chosen.unwrap_or_else(|| names::certificate_secret(&instance.name)))
}
