//! Names of the produced objects. The schema limits the name of an AuthBackend to 43 characters, so that none of
//! these exceeds 63.

use crate::build::job::Kind;

/// The field manager and the value of the label `app.kubernetes.io/managed-by`.
pub const MANAGER: &str = "authbackend-operator";

/// ConfigMap with the server's settings; `hash` is that of the settings, of which the first ten digits are used.
pub fn config_map(instance: &str, hash: &str) -> String {
    format!("{instance}-config-{}", digits(hash))
}

/// Secret with the generated signing secret.
pub fn signing_secret(instance: &str) -> String {
    format!("{instance}-signing")
}

/// Job of a migration; `hash` is that of the Job, of which the first ten digits are used.
pub fn migration_job(instance: &str, kind: Kind, hash: &str) -> String {
    format!("{instance}-{}-{}", kind.as_str(), digits(hash))
}

fn digits(hash: &str) -> String {
    hash.chars().take(10).collect()
}

/// Deployment, Service, service account, disruption budget, autoscaler, Ingress, network policy, and the objects of optional APIs.
pub fn server(instance: &str) -> String {
    instance.to_owned()
}

/// Secret that a certificate is written to.
pub fn certificate_secret(instance: &str) -> String {
    format!("{instance}-tls")
}

/// StatefulSet, Service, network policy and Secret of a managed database.
pub fn postgres(instance: &str) -> String {
    format!("{instance}-postgres")
}
