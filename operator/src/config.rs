//! What the operator's own installation decides.

/// Settings of the operator that produced objects depend on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OperatorConfig {
    /// Image of the auth server that belongs to this release, used where `spec.image` is not set.
    pub server_image: String,
    /// Image of Postgres for managed databases, used where `spec.database.managed.image` is not set.
    pub postgres_image: String,
    /// Names of the Secrets with which every produced pod pulls its images, besides `spec.imagePullSecrets`.
    pub image_pull_secrets: Vec<String>,
}
