//! An `AuthBackend` under test.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::cluster::Namespace;
use crate::wait::{Look, until};

/// The name of every `AuthBackend` of the tests.
pub const NAME: &str = "shop";
/// The URL of its API within its namespace.
pub const BASE_URL: &str = "http://shop/api";
/// Selects the pods of its server.
pub const SERVER: &str = "app.kubernetes.io/instance=shop,app.kubernetes.io/component=server";
/// Selects its migrations.
pub const MIGRATION: &str = "app.kubernetes.io/instance=shop,app.kubernetes.io/component=migration";

/// How long a change may take, migration and rollout included.
const CHANGE_LIMIT_SECONDS: u32 = 120;

/// The `AuthBackend` of a namespace.
pub struct AuthBackend<'a> {
    namespace: &'a Namespace,
}

impl<'a> AuthBackend<'a> {
    /// Declares it, with two replicas, the database and what else is in `spec`.
    pub fn declare(namespace: &'a Namespace, database: &Value, spec: &Value) -> Result<Self> {
        let mut manifest = manifest(database);
        let declared = manifest["spec"].as_object_mut().context("no spec")?;
        for (field, value) in spec.as_object().into_iter().flatten() {
            declared.insert(field.clone(), value.clone());
        }
        namespace.apply(&manifest)?;
        Ok(Self { namespace })
    }

    /// Declares it and waits until it is ready.
    pub fn ready(namespace: &'a Namespace, database: &Value, spec: &Value) -> Result<Self> {
        let backend = Self::declare(namespace, database, spec)?;
        backend.wait_ready()?;
        Ok(backend)
    }

    /// Changes the spec.
    pub fn change(&self, spec: &Value) -> Result<()> {
        self.namespace.patch(&Self::path(), &json!({"spec": spec}))
    }

    /// Waits until it is ready, as users do. A readiness of before the last change does not count.
    pub fn wait_ready(&self) -> Result<()> {
        self.wait("Ready")
    }

    /// Waits until a condition is true, as users do.
    pub fn wait(&self, condition: &str) -> Result<()> {
        self.namespace.wait(
            &Self::path(),
            &format!("condition={condition}"),
            CHANGE_LIMIT_SECONDS,
        )
    }

    /// The object as it is.
    pub fn get(&self) -> Result<Value> {
        self.namespace.get(&Self::path())
    }

    /// A condition, where there is one.
    pub fn condition(&self, kind: &str) -> Result<Option<Condition>> {
        let object = self.get()?;
        let conditions = object["status"]["conditions"].as_array();
        let condition = conditions
            .into_iter()
            .flatten()
            .find(|condition| condition["type"] == kind);
        Ok(condition.map(|condition| Condition {
            status: condition["status"] == "True",
            reason: condition["reason"].as_str().unwrap_or_default().to_owned(),
            message: condition["message"].as_str().unwrap_or_default().to_owned(),
        }))
    }

    /// Waits until a condition has a reason, and returns the condition.
    pub fn wait_reason(&self, kind: &str, reason: &str) -> Result<Condition> {
        let limit = Duration::from_secs(CHANGE_LIMIT_SECONDS.into());
        until(&format!("{kind} with reason {reason}"), limit, || {
            Ok(match self.condition(kind)? {
                Some(condition) if condition.reason == reason => Look::Done(condition),
                seen => Look::NotYet(format!("{seen:?}")),
            })
        })
    }

    /// Waits until a migration has reached a phase.
    pub fn wait_migration(&self, image: &str, phase: &str) -> Result<()> {
        let limit = Duration::from_secs(CHANGE_LIMIT_SECONDS.into());
        until(&format!("migration in phase {phase}"), limit, || {
            let migration = &self.get()?["status"]["migration"];
            let reached = migration["phase"] == phase && migration["image"] == image;
            Ok(if reached {
                Look::Done(())
            } else {
                Look::NotYet(migration.to_string())
            })
        })
    }

    /// The image that serves, according to the status.
    pub fn current_image(&self) -> Result<Value> {
        Ok(self.get()?["status"]["current"]["image"].clone())
    }

    /// The server's pods that are not being deleted, each with its identity, image and number of restarts.
    pub fn pods(&self) -> Result<Vec<Pod>> {
        let pods = self.namespace.list("pods", SERVER)?;
        let mut pods: Vec<Pod> = pods
            .iter()
            .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null())
            .map(|pod| Pod {
                uid: pod["metadata"]["uid"].clone(),
                image: pod["spec"]["containers"][0]["image"].clone(),
                restarts: pod["status"]["containerStatuses"][0]["restartCount"].clone(),
                node: pod["spec"]["nodeName"].clone(),
            })
            .collect();
        pods.sort_by_key(|pod| pod.uid.to_string());
        Ok(pods)
    }

    /// The migrations there are.
    pub fn jobs(&self) -> Result<Vec<Value>> {
        self.namespace.list("jobs", MIGRATION)
    }

    fn path() -> String {
        format!("authbackend/{NAME}")
    }
}

/// What tests ask of a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// Whether it is true; neither `False` nor `Unknown` is.
    pub status: bool,
    /// Its reason.
    pub reason: String,
    /// Its message.
    pub message: String,
}

/// A pod of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// Identity: a pod that was made anew has another.
    pub uid: Value,
    /// Image of the server.
    pub image: Value,
    /// How often the server was started again in this pod.
    pub restarts: Value,
    /// Where it runs.
    pub node: Value,
}

/// The manifest of an `AuthBackend` with two replicas.
pub fn manifest(database: &Value) -> Value {
    json!({
        "apiVersion": "authbackend.dev/v1alpha1",
        "kind": "AuthBackend",
        "metadata": {"name": NAME},
        "spec": {
            "baseURL": BASE_URL,
            "replicas": 2,
            "database": database,
            // All load comes from one pod, without a proxy that would name it.
            "auth": {"rateLimit": {"enabled": false}},
        },
    })
}
