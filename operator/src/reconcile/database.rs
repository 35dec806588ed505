//! Which database an AuthBackend means: its identity is host, port and name, never a credential.

use std::collections::BTreeMap;

use authbackend_crds::v1alpha1::AuthBackend;

use super::observed::ObservedSecret;

/// What identifies a database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DatabaseIdentity {
    /// Host, in lower case, completed to `<name>.<namespace>.svc` where it is relative to the namespace.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Name of the database.
    pub name: String,
}

/// Why a connection URL cannot be used. Holds nothing of the URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("is not a URL such as postgres://user:password@host:5432/database")]
pub struct InvalidUrl;

impl DatabaseIdentity {
    /// Reads the identity from a connection URL.
    pub fn from_url(url: &[u8], namespace: &str) -> Result<Self, InvalidUrl> {
        let _ = (url, namespace);
        Err(InvalidUrl)
    }
}

/// Hash of the database that `spec` asks for, or `None` while it is not known (a Secret is missing or unusable).
/// Compare with `status.current.databaseHash` and `status.migration.databaseHash` of other AuthBackends.
pub fn target_hash(
    auth_backend: &AuthBackend,
    secrets: &BTreeMap<String, ObservedSecret>,
) -> Option<String> {
    let _ = (auth_backend, secrets);
    None
}
