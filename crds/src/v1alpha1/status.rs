//! What the operator reports.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Current, Database, MigrationPhase, RecordedSecret, Rejected};

/// What the operator observed and did.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthBackendStatus {
    /// The generation of `spec` that this status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// `Ready` (the live state equals this generation), `Available` (something serves now), `Migrated`,
    /// `DatabaseReachable`, `Progressing`, and, only while true, `Reconciling` and `Stalled`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,

    /// What serves: the Deployment is rendered from this until the migration for something else has succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Current>,

    /// What served before `current`, while not every pod runs `current` yet. When its pods do not become ready in time, this
    /// serves again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Current>,

    /// The edit whose pods did not become ready, so that the Deployment has the pod template that served before. Absent once
    /// the edit is another one or is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Rejected>,

    /// The newest migration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<MigrationStatus>,

    /// What can be removed from the schema because `current` does not use it any longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractStatus>,

    /// The Secrets that the operator generates, as they were last there. Where one of them is gone, another one is generated only once
    /// the annotation `authbackend.dev/approve-replacement` has its uid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub generated_secrets: Vec<RecordedSecret>,

    /// Public URL of the API, mount path included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,

    /// Pods of the Deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,

    /// Pods that serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,

    /// Label selector of the pods, for the scale subresource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
}

/// A migration.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationStatus {
    /// Hash of all that the migration depends on. A hash that failed is not tried again by itself.
    pub hash: String,

    /// How far it is.
    pub phase: MigrationPhase,

    /// Image that migrates.
    pub image: String,

    /// The database that it migrates. References only, no secret.
    pub database: Database,

    /// Hash of what identifies that database (host, port and name, never credentials).
    pub database_hash: String,

    /// Resource version of the Secret with the database credentials when the Job was created. A failed migration is tried again
    /// once that Secret has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_version: Option<String>,

    /// Name of the Job.
    pub job: String,

    /// When the Job was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,

    /// When it succeeded or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,

    /// Version of the schema that a successful migration reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<i64>,

    /// Exit code of a failed migration, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,

    /// The last lines of a failed migration, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,

    /// What the migration would do or did, where it waits or waited for an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<MigrationPlan>,

    /// How many plans were made for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plans: Option<i32>,

    /// Versions of the contract migrations that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_contracts: Vec<i64>,

    /// Hash of the Deployment whose pods did not become ready, for the phase `RolledBack`. The rollout is tried again once the
    /// Deployment would be another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_template: Option<String>,
}

/// What a migration would do.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationPlan {
    /// The value of the annotation `authbackend.dev/approve-migration` that approves this plan, for this image and database.
    pub hash: String,

    /// Hash of what would be done, as `auth-server migrate --dry-run` shows it.
    pub checksum: String,

    /// The newest migration that the database has, 0 for none.
    pub current_version: i64,

    /// The newest migration that it would have.
    pub target_version: i64,

    /// Whether data is removed or may change.
    pub destructive: bool,

    /// Whether tables that better-auth made are taken over.
    pub adopt: bool,

    /// The migrations that would be applied, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PlannedMigration>,

    /// What else would be changed, so that the tables are as the settings want them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,

    /// How many more migrations and changes there are.
    #[serde(default)]
    pub omitted: i64,
}

/// A migration of a plan.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedMigration {
    /// Its version.
    pub version: i64,

    /// Its name.
    pub name: String,

    /// `expand` or `backfill`; on an empty database also `contract`.
    pub class: String,

    /// Whether it removes data, or may change some.
    pub destructive: bool,

    /// The locks that it takes on tables that are in use, for example `ACCESS EXCLUSIVE on user`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<String>,
}

/// The removal of what a version does not use any longer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContractStatus {
    /// The value of the annotation `authbackend.dev/approve-contract` that approves it.
    pub hash: String,

    /// How far it is: `AwaitingApproval`, `Running`, `Succeeded` or `Failed`.
    pub phase: MigrationPhase,

    /// Versions of the contract migrations.
    pub versions: Vec<i64>,

    /// Name of the Job.
    pub job: String,

    /// When the Job was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,

    /// When it succeeded or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,

    /// The last lines of one that failed, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
