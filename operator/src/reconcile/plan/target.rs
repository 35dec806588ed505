//! What a spec asks for, as far as a migration depends on it.

use std::collections::BTreeMap;

use authbackend_crds::v1alpha1::{
    Current, Database, EnvVar, Migration, MigrationPhase, MigrationStatus, PodTemplate,
    RETRY_MIGRATION_ANNOTATION,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;
use serde::Serialize;

use crate::build::job::Kind;
use crate::build::{Instance, Settings, job};
use crate::names;
use crate::reconcile::observed::{Observed, ObservedSecret};
use crate::reconcile::{hash, image, references};

/// An image on a database, with settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Image of the auth server.
    pub image: String,
    /// The database.
    pub database: Database,
    /// Hash of what identifies the database.
    pub database_hash: String,
    /// Resource versions of the Secrets with its credentials.
    pub secret_version: String,
    /// The settings.
    pub settings: Settings,
    /// Hash of all that the migration depends on, apart from the content of Secrets.
    pub hash: String,
    /// Name of the AuthBackend.
    pub instance: String,
}

/// What the hash of a migration is made of: another value of any of these is another migration, so that whoever corrects
/// one of them gets another try.
#[derive(Serialize)]
struct Inputs<'a> {
    image: &'a str,
    args: [&'a str; 1],
    database: &'a Database,
    database_hash: &'a str,
    env: Option<&'a [EnvVar]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_template: Option<&'a PodTemplate>,
    migration: Option<&'a Migration>,
    retry: Option<&'a String>,
    /// Left out where nothing is set, so that the hash stays the one of releases that knew no such settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_settings: Option<&'a str>,
}

impl Target {
    /// What `instance` asks for, on the database with `database_hash`.
    pub fn new(instance: &Instance, database_hash: String, observed: &Observed) -> Self {
        let spec = &instance.spec;
        // When it runs is no matter of what it does.
        let migration = spec.migration.clone().map(|migration| Migration {
            policy: None,
            contract_delay_seconds: None,
            ..migration
        });
        let inputs = Inputs {
            image: &instance.image,
            args: job::ARGS,
            database: &spec.database,
            database_hash: &database_hash,
            env: spec.env.as_deref(),
            pod_template: spec.pod_template.as_ref(),
            migration: migration.as_ref(),
            retry: observed
                .auth_backend
                .annotations()
                .get(RETRY_MIGRATION_ANNOTATION),
            schema_settings: instance.settings.schema_hash.as_deref(),
        };
        Self {
            hash: hash::of(&inputs),
            image: instance.image.clone(),
            database: spec.database.clone(),
            secret_version: secret_version(instance, &observed.secrets),
            database_hash,
            settings: instance.settings.clone(),
            instance: instance.name.clone(),
        }
    }

    /// The migration's hash, given the one on record: a migration that failed gets another hash once a Secret with its
    /// credentials has changed, and keeps that one.
    pub fn hash_after(&self, recorded: Option<&MigrationStatus>) -> String {
        let Some(recorded) = recorded else {
            return self.hash.clone();
        };
        let with = |version: &str| hash::of(&(&self.hash, version));
        let recorded_version = recorded.secret_version.as_deref().unwrap_or_default();
        if recorded.hash != self.hash && recorded.hash != with(recorded_version) {
            return self.hash.clone();
        }
        if recorded.phase == MigrationPhase::Failed && recorded_version != self.secret_version {
            return with(&self.secret_version);
        }
        recorded.hash.clone()
    }

    /// Whether `current` is this image on this database, with a schema for these settings. Other credentials, and
    /// settings that the schema does not depend on, make no difference.
    pub fn is(&self, current: &Current) -> bool {
        current.image == self.image
            && current.database_hash == self.database_hash
            && current.schema_settings_hash == self.settings.schema_hash
    }

    /// The record of a migration to this target.
    pub fn migration(
        &self,
        hash: &str,
        phase: MigrationPhase,
        started_at: Option<&Time>,
    ) -> MigrationStatus {
        MigrationStatus {
            hash: hash.to_owned(),
            phase,
            image: self.image.clone(),
            database: self.database.clone(),
            database_hash: self.database_hash.clone(),
            secret_version: Some(self.secret_version.clone()),
            job: names::migration_job(&self.instance, Kind::Migrate, hash),
            started_at: started_at.cloned(),
            ..MigrationStatus::default()
        }
    }

    /// This target as what serves after `before`, whose settings stay on record until others have proven themselves by a
    /// complete rollout, where the schema fits them.
    pub fn current(&self, schema_version: Option<i64>, before: Option<&Current>) -> Current {
        let kept = before.filter(|before| {
            before.config_hash.is_some() && before.schema_settings_hash == self.settings.schema_hash
        });
        let (config_hash, secret_refs) = match kept {
            Some(kept) => (kept.config_hash.clone(), &kept.secret_refs),
            None => (Some(self.settings.hash.clone()), &self.settings.secret_refs),
        };
        Current {
            image: self.image.clone(),
            version: image::version(&self.image),
            database: self.database.clone(),
            database_hash: self.database_hash.clone(),
            schema_version,
            config_hash,
            schema_settings_hash: self.settings.schema_hash.clone(),
            secret_refs: secret_refs.clone(),
            ..Current::default()
        }
    }
}

fn secret_version(instance: &Instance, secrets: &BTreeMap<String, ObservedSecret>) -> String {
    let mut references = references::of_database(&instance.spec.database, &instance.name);
    references.extend(references::of_migration(&instance.spec));
    let mut names: Vec<&str> = references
        .iter()
        .map(|reference| reference.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let version = |name: &str| secrets.get(name)?.metadata.resource_version.clone();
    names
        .into_iter()
        .filter_map(version)
        .collect::<Vec<_>>()
        .join(",")
}
