//! The server's settings.

use k8s_openapi::api::core::v1::ConfigMap;

use super::Instance;
use crate::labels::Component;
use crate::names;

/// Key of the settings file.
pub const KEY: &str = "config.yaml";

/// ConfigMap with `spec.auth` as the server reads it.
pub fn build(instance: &Instance) -> ConfigMap {
    ConfigMap {
        metadata: instance.metadata(names::config_map(&instance.name), Component::Server),
        data: Some([(KEY.to_owned(), instance.settings.clone())].into()),
        ..ConfigMap::default()
    }
}
