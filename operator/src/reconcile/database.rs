//! Which database an AuthBackend means: its identity is host, port and name, never a credential.

use std::collections::BTreeMap;

use authbackend_crds::v1alpha1::{AuthBackend, Database};
use kube::ResourceExt as _;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use url::Url;

use super::observed::ObservedSecret;
use super::{hash, references};
use crate::names;

/// TCP port of Postgres where none is given.
pub const DEFAULT_PORT: u16 = 5432;

/// Name of a managed database and of the role that owns it.
pub const MANAGED_NAME: &str = "auth";

/// What identifies a database.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
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
    /// The database `name` on `host`, as a pod in `namespace` would reach it.
    pub fn new(host: &str, port: u16, name: &str, namespace: &str) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let host = host.strip_suffix(".cluster.local").unwrap_or(&host);
        // A name without a dot is a Service of the namespace; an IPv6 address has colons instead.
        let relative = !host.contains(['.', ':', '/']);
        let host = if relative {
            format!("{host}.{namespace}.svc")
        } else {
            host.to_owned()
        };
        Self {
            host,
            port,
            name: name.to_owned(),
        }
    }

    /// Reads the identity from a connection URL. As in libpq, the parameters `host`, `port` and `dbname` win over the
    /// URL's own parts, and a database that is not named is called as its user.
    pub fn from_url(url: &[u8], namespace: &str) -> Result<Self, InvalidUrl> {
        let text = str::from_utf8(url).map_err(|_| InvalidUrl)?;
        let url = Url::parse(text.trim_end()).map_err(|_| InvalidUrl)?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(InvalidUrl);
        }
        let parameter = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let host = parameter("host")
            .or_else(|| url.host_str().map(unbracketed))
            .filter(|host| !host.is_empty())
            .ok_or(InvalidUrl)?;
        let port = match parameter("port") {
            Some(port) => port.parse().map_err(|_| InvalidUrl)?,
            None => url.port().unwrap_or(DEFAULT_PORT),
        };
        let name = parameter("dbname")
            .or_else(|| decoded(url.path().trim_start_matches('/')))
            .or_else(|| decoded(url.username()))
            .ok_or(InvalidUrl)?;
        Ok(Self::new(&host, port, &name, namespace))
    }

    /// The hash that status and conflict detection go by.
    pub fn hash(&self) -> String {
        hash::of(self)
    }
}

fn unbracketed(host: &str) -> String {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned()
}

/// `text` without percent-encoding; `None` for nothing.
fn decoded(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

/// Host of a managed database.
pub fn managed_host(instance: &str, namespace: &str) -> String {
    format!("{}.{namespace}.svc", names::postgres(instance))
}

/// The identity of `database`, or `None` while it is not known: its Secret is missing, or no URL.
pub fn identity(
    database: &Database,
    instance: &str,
    namespace: &str,
    secrets: &BTreeMap<String, ObservedSecret>,
) -> Option<DatabaseIdentity> {
    if let Some(reference) = references::url_of(database) {
        let read = secrets
            .get(&reference.name)?
            .databases
            .get(&reference.key)?;
        return read.clone().ok();
    }
    if let Some(connection) = &database.connection {
        let (host, port, name) = (&connection.host, connection.port(), &connection.name);
        return Some(DatabaseIdentity::new(host, port, name, namespace));
    }
    database.managed.as_ref()?;
    let host = managed_host(instance, namespace);
    Some(DatabaseIdentity::new(
        &host,
        DEFAULT_PORT,
        MANAGED_NAME,
        namespace,
    ))
}

/// Hash of the database that `spec` asks for, or `None` while it is not known (a Secret is missing or unusable).
/// Compare with `status.current.databaseHash` and `status.migration.databaseHash` of the others.
pub fn target_hash(
    auth_backend: &AuthBackend,
    secrets: &BTreeMap<String, ObservedSecret>,
) -> Option<String> {
    let namespace = auth_backend.namespace().unwrap_or_default();
    let name = auth_backend.name_any();
    identity(&auth_backend.spec.database, &name, &namespace, secrets)
        .map(|identity| identity.hash())
}

#[cfg(test)]
mod tests;
