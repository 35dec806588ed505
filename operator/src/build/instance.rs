//! What every produced object starts from.

use std::collections::{BTreeMap, BTreeSet};

use authbackend_crds::v1alpha1::{
    AuthBackendSpec, Current, Database, DeletionPolicy, SecretKeyRef,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::labels::{self, Component};

/// An AuthBackend that passed validation, with all that objects are made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Name of the AuthBackend.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Reference that makes it the controller of an object.
    pub owner: OwnerReference,
    /// Its spec.
    pub spec: AuthBackendSpec,
    /// Image of the auth server that the spec asks for.
    pub image: String,
    /// Image of a managed database.
    pub postgres_image: String,
    /// Major version of Postgres that the data of a managed database is of, once that is known.
    pub postgres_major: Option<u32>,
    /// Names of the Secrets with which images are pulled.
    pub image_pull_secrets: Vec<String>,
    /// Whether the cluster assigns the users and groups of pods.
    pub assigned_user_ids: bool,
    /// `spec.auth`.
    pub settings: Settings,
}

/// The settings of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// As YAML.
    pub text: String,
    /// Hash of the text.
    pub hash: String,
    /// Hash of the part that the database's schema depends on; `None` where nothing of it is set.
    pub schema_hash: Option<String>,
    /// The Secrets that they refer to.
    pub secret_refs: Vec<SecretKeyRef>,
    /// TCP ports of other services that the server connects to with them.
    pub outbound_ports: BTreeSet<u16>,
}

/// What the server's pods are rendered from apart from the spec: an image and settings, and a database whose schema fits
/// both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Serving<'a> {
    /// Image of the auth server.
    pub image: &'a str,
    /// The database.
    pub database: &'a Database,
    /// Hash of the settings.
    pub config_hash: &'a str,
    /// The Secrets that the settings refer to.
    pub secret_refs: &'a [SecretKeyRef],
}

impl Instance {
    /// What serves, given what was migrated last: the settings of the spec where the schema fits them, else those that
    /// served before. `None` where these are not on record, because an earlier release did not record them.
    pub fn serving<'a>(&'a self, current: &'a Current) -> Option<Serving<'a>> {
        let settings = &self.settings;
        let (config_hash, secret_refs) = if current.schema_settings_hash == settings.schema_hash {
            (&settings.hash, &settings.secret_refs)
        } else {
            (current.config_hash.as_ref()?, &current.secret_refs)
        };
        Some(Serving {
            image: &current.image,
            database: &current.database,
            config_hash,
            secret_refs,
        })
    }

    /// Metadata of an object that is deleted with the AuthBackend.
    pub fn metadata(&self, name: String, component: Component) -> ObjectMeta {
        ObjectMeta {
            name: Some(name),
            namespace: Some(self.namespace.clone()),
            labels: Some(labels::all(&self.name, component)),
            owner_references: Some(vec![self.owner.clone()]),
            ..ObjectMeta::default()
        }
    }

    /// Metadata of an object that cannot be made again: deleted with the AuthBackend only if its deletion policy says
    /// so. Without an owner the garbage collector leaves it alone.
    pub fn retained_metadata(&self, name: String, component: Component) -> ObjectMeta {
        let mut metadata = self.metadata(name, component);
        if self.deletion_policy() == DeletionPolicy::Retain {
            metadata.owner_references = None;
        }
        metadata
    }

    /// Metadata of the pods of a part.
    pub fn pod_metadata(&self, component: Component) -> ObjectMeta {
        ObjectMeta {
            labels: Some(labels::all(&self.name, component)),
            ..ObjectMeta::default()
        }
    }

    /// Labels by which the pods of a part are selected.
    pub fn selector(&self, component: Component) -> BTreeMap<String, String> {
        labels::selector(&self.name, component)
    }

    /// What becomes of data when the AuthBackend is deleted.
    pub fn deletion_policy(&self) -> DeletionPolicy {
        self.spec.deletion_policy.unwrap_or_default()
    }

    /// Number of pods, or `None` where an autoscaler decides.
    pub fn replicas(&self) -> Option<i32> {
        match self.spec.autoscaling {
            Some(_) => None,
            None => Some(self.spec.replicas.unwrap_or(1)),
        }
    }
}
