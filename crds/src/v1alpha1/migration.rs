//! How the schema is brought up to date.

use k8s_openapi::api::core::v1::ResourceRequirements;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeyRef;

/// How the schema is brought up to date before a new version serves.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// Whether a migration waits for an approval. Default: `Automatic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<MigrationPolicy>,

    /// A role of its own for migrations, so that the server's needs no right to change tables. Default: the role of
    /// `database`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<MigrationCredentials>,

    /// Seconds for which every pod must have run a version before what earlier versions used is removed from the schema by
    /// itself, 0 to 31536000. Default: never by itself; `status.contract` shows what waits and how it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 31_536_000))]
    pub contract_delay_seconds: Option<u32>,

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
    #[schemars(with = "Option<super::quantity::Resources>")]
    pub resources: Option<ResourceRequirements>,
}

/// Whether a migration waits for an approval. Default: `Automatic`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum MigrationPolicy {
    /// It runs as soon as a new version is asked for.
    #[default]
    Automatic,
    /// What it would do is shown in `status.migration.plan`, and done once the annotation
    /// `authbackend.dev/approve-migration` has that plan's hash. A plan with nothing to do needs no approval.
    Manual,
}

/// A role for migrations, in the same database.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationCredentials {
    /// The role.
    #[schemars(length(min = 1, max = 63))]
    pub user: String,

    /// Its password.
    pub password_ref: SecretKeyRef,
}

impl Migration {
    /// Whether a migration waits for an approval.
    pub fn policy(&self) -> MigrationPolicy {
        self.policy.unwrap_or_default()
    }

    /// Seconds after which a migration is given up.
    pub fn deadline_seconds(&self) -> u32 {
        self.deadline_seconds.unwrap_or(3600)
    }

    /// Tries after a failure that another try may cure.
    pub fn backoff_limit(&self) -> u32 {
        self.backoff_limit.unwrap_or(4)
    }
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum MigrationPhase {
    /// Waits for something that it needs.
    #[default]
    Pending,
    /// A Job finds out what it would do.
    Planning,
    /// Its plan is shown and waits for an approval.
    AwaitingApproval,
    /// Its Job runs.
    Running,
    /// The schema is what the image needs.
    Succeeded,
    /// It needs someone: a corrected spec, or the annotation `authbackend.dev/retry-migration`.
    Failed,
    /// It succeeded, but the pods did not become ready in time, so that what served before serves again. It needs someone:
    /// a corrected spec, or the annotation `authbackend.dev/retry-migration`.
    RolledBack,
}

impl MigrationPhase {
    /// Whether it has not ended: a Job runs, or will.
    pub fn is_under_way(self) -> bool {
        match self {
            Self::Pending | Self::Planning | Self::AwaitingApproval | Self::Running => true,
            Self::Succeeded | Self::Failed | Self::RolledBack => false,
        }
    }
}
