//! What the operator's own installation decides.

use std::sync::Arc;

use authbackend_otlp::{FileReader, Problem, Service, Settings};

/// Where the operator's own traces go, as the variables `OTEL_*` of this process say; `None` without an endpoint.
///
/// # Errors
/// All of them that cannot be used.
pub fn tracing() -> Result<Option<Settings>, Vec<Problem>> {
    let service = Service {
        name: "authbackend-operator",
        version: env!("CARGO_PKG_VERSION"),
    };
    let reader: FileReader = Arc::new(|path| std::fs::read_to_string(path));
    Settings::load(&|name| std::env::var(name).ok(), &reader, service)
}

/// Settings of the operator that produced objects depend on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OperatorConfig {
    /// Image of the auth server that belongs to this release, used where `spec.image` is not set.
    pub server_image: String,
    /// Image of Postgres for managed databases, used where `spec.database.managed.image` is not set.
    pub postgres_image: String,
    /// Names of the Secrets with which every produced pod pulls its images, besides `spec.imagePullSecrets`.
    pub image_pull_secrets: Vec<String>,
    /// Whether the cluster assigns the users and groups of pods, and refuses pods that name their own.
    pub assigned_user_ids: bool,
}
