//! The `ConfigMaps` with settings.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt as _;
use kube::api::ListParams;

use super::world::{PATIENCE, World};

/// Name of the ConfigMap of an AuthBackend `shop` that sets nothing.
pub const DEFAULT_SETTINGS: &str = "shop-config-bb511d1e27";

impl World {
    /// Names of the `ConfigMaps` with settings.
    pub async fn settings(&self) -> Vec<String> {
        let list = self.api::<ConfigMap>().list(&ListParams::default()).await;
        let names = list
            .unwrap()
            .items
            .into_iter()
            .map(|found| found.name_any());
        names
            .filter(|name| name.starts_with("shop-config"))
            .collect()
    }

    /// Waits until there is only one ConfigMap with settings; returns its name.
    pub async fn only_settings(&self) -> String {
        let start = Instant::now();
        loop {
            let mut settings = self.settings().await;
            if settings.len() == 1 {
                return settings.remove(0);
            }
            assert!(start.elapsed() < PATIENCE, "{settings:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
