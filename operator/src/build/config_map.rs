//! The server's settings.
//!
//! Each text of settings has a ConfigMap of its own, named by its hash and immutable. So a pod of before that starts again
//! during a rollout reads the settings that it was made with.

use k8s_openapi::api::core::v1::{ConfigMap, ConfigMapVolumeSource, Volume};

use super::Instance;
use super::credentials::Access;
use super::pod::{mount, variable};
use crate::labels::Component;
use crate::names;

/// Key of the settings file.
pub const KEY: &str = "config.yaml";

/// Where the settings are mounted.
const DIRECTORY: &str = "/etc/authbackend/config";

/// ConfigMap with `spec.auth` as the server reads it.
pub fn build(instance: &Instance) -> ConfigMap {
    let settings = &instance.settings;
    let name = names::config_map(&instance.name, &settings.hash);
    ConfigMap {
        metadata: instance.metadata(name, Component::Server),
        data: Some([(KEY.to_owned(), settings.text.clone())].into()),
        immutable: Some(true),
        ..ConfigMap::default()
    }
}

/// Access to the settings with `hash`.
pub fn access(instance: &Instance, hash: &str) -> Access {
    Access {
        env: vec![variable("AUTH_CONFIG", format!("{DIRECTORY}/{KEY}"))],
        volume: Volume {
            name: "config".to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: names::config_map(&instance.name, hash),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        },
        mount: mount("config", DIRECTORY, true),
    }
}
