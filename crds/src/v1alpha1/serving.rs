//! What serves, and what it uses.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Database, SecretKeyRef};

/// What serves: an image on a database whose schema was brought up to it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Current {
    /// Image of the auth server.
    pub image: String,

    /// Release of the auth server, as its image's tag or digest names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,

    /// The database as it was when its migration succeeded. References only, no secret.
    pub database: Database,

    /// Hash of what identifies the database (host, port and name, never credentials).
    pub database_hash: String,

    /// Version of the schema that the migration reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<i64>,

    /// Hash of the settings that the pods run with; its first ten digits end the name of their ConfigMap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_hash: Option<String>,

    /// Hash of the part of the settings that the schema was migrated for; absent where nothing of it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_settings_hash: Option<String>,

    /// The Secrets that the settings with `configHash` refer to. References only, no secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secret_refs: Vec<SecretKeyRef>,

    /// When every pod first ran this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_out_at: Option<Time>,

    /// Hash of the Deployment that every pod ran and was available with last; the ReplicaSet with the same
    /// `authbackend.dev/spec-hash` keeps its pod template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,

    /// Versions of the contract migrations that this image has and the database has not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_contracts: Vec<i64>,
}

/// An edit whose pods did not become ready. It is tried again once the Deployment would be another one, or the annotation
/// `authbackend.dev/retry-migration` has another value.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// Hash of the Deployment that the spec asks for.
    pub template: String,

    /// Why its pods did not become ready, without secrets.
    pub message: String,

    /// When the template that served before was put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_at: Option<Time>,

    /// Value of the annotation `authbackend.dev/retry-migration` at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<String>,
}

/// A Secret that pods use, and that the operator generates where there is none.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedSecret {
    /// Its name.
    pub name: String,

    /// Its uid: one of the same name that is made later is another one.
    pub uid: String,
}
