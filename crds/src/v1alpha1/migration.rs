//! How the schema is brought up to date.

use k8s_openapi::api::core::v1::ResourceRequirements;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the schema is brought up to date before a new version serves.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// Seconds after which a migration is given up, 30 to 604800. Generous by default, because a statement that
    /// is killed halfway has to start again. Default: 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 604_800))]
    pub deadline_seconds: Option<u32>,

    /// Tries after a failure that another try may cure, 0 to 20. Default: 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 20))]
    pub backoff_limit: Option<u32>,

    /// CPU and memory of the migration. Default: requests of 20m and 32Mi, memory limited to 128Mi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
}

impl Migration {
    /// Seconds after which a migration is given up.
    pub fn deadline_seconds(&self) -> u32 {
        self.deadline_seconds.unwrap_or(3600)
    }

    /// Tries after a failure that another try may cure.
    pub fn backoff_limit(&self) -> u32 {
        self.backoff_limit.unwrap_or(4)
    }
}
