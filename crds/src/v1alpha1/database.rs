//! Where the data lives.

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quantity;
pub use crate::auth::SecretKeyRef;

/// The Postgres database: exactly one of `secretRef`, `connection`, `cnpg` and `managed`.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.secretRef), has(self.connection), has(self.cnpg), has(self.managed)].exists_one(set, set)")
        .message("database: set exactly one of secretRef, connection, cnpg and managed"),
    validation = Rule::new("has(self.managed) == has(oldSelf.managed)")
        .message("database: managed can be neither added nor removed later, because that would leave the data behind; create a second AuthBackend and move the data"),
)]
pub struct Database {
    /// A Secret that holds the connection URL, `postgres://user:password@host:port/database?sslmode=…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeyRef>,

    /// The parts of a connection, with the password in a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,

    /// A Cluster of CloudNativePG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnpg: Option<Cnpg>,

    /// A single Postgres that the operator runs, without replication or backup: for development and evaluation,
    /// not for production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<Managed>,
}

/// The parts of a connection.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Host name or address of the server.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9.:_-]+$"))]
    pub host: String,

    /// TCP port. Default: 5432.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: Option<u16>,

    /// Name of the database.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,

    /// Role that the server and the migration sign in as.
    #[schemars(length(min = 1, max = 63))]
    pub user: String,

    /// The role's password.
    pub password_ref: SecretKeyRef,

    /// How the connection is protected, as libpq's `sslmode`. Default: `prefer`, or `verify-full` with `caRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssl_mode: Option<SslMode>,

    /// PEM certificates of the authorities that the server's certificate is checked against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_ref: Option<SecretKeyRef>,
}

impl Connection {
    /// TCP port.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(5432)
    }

    /// Protection of the connection.
    pub fn ssl_mode(&self) -> SslMode {
        let unset = if self.ca_ref.is_some() {
            SslMode::VerifyFull
        } else {
            SslMode::Prefer
        };
        self.ssl_mode.unwrap_or(unset)
    }
}

/// A Cluster of CloudNativePG in the namespace of the AuthBackend. The connection is checked against the Cluster's own
/// authority (`verify-full`), and the Secret of its application user is followed when CloudNativePG or somebody else changes it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cnpg {
    /// Name of the Cluster.
    #[schemars(
        length(min = 1, max = 50),
        regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
    )]
    pub name: String,

    /// Secret of the user to connect as, with the key `uri`. Default: `<name>-app`, which CloudNativePG makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: Option<String>,
}

impl Cnpg {
    /// The connection URL.
    pub fn uri_ref(&self) -> SecretKeyRef {
        let made = || format!("{}-app", self.name);
        SecretKeyRef {
            name: self.secret_name.clone().unwrap_or_else(made),
            key: "uri".to_owned(),
        }
    }

    /// The authority of the Cluster's certificates.
    pub fn ca_ref(&self) -> SecretKeyRef {
        SecretKeyRef {
            name: format!("{}-ca", self.name),
            key: "ca.crt".to_owned(),
        }
    }
}

/// How the connection is protected, as libpq's `sslmode`. Default: `prefer`, or `verify-full` with `caRef`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS where the server offers it, with any certificate.
    Prefer,
    /// TLS, with any certificate.
    Require,
    /// TLS, with a certificate of a known authority.
    VerifyCa,
    /// TLS, with a certificate of a known authority for this host.
    VerifyFull,
}

impl SslMode {
    /// The value as libpq spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// A single Postgres that the operator runs.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.storage) == has(oldSelf.storage)")
        .message("database.managed.storage cannot change after creation"),
)]
pub struct Managed {
    /// The volume of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("self == oldSelf").message("database.managed.storage cannot change after creation"))]
    pub storage: Option<Storage>,

    /// Image with the contract of the official `postgres` image, of the major version that the data is of. Default: the
    /// operator's of the day when the database is made; it keeps that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub image: Option<String>,

    /// CPU and memory. Default: requests of 50m and 128Mi, memory limited to 512Mi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<quantity::Resources>")]
    pub resources: Option<ResourceRequirements>,
}

/// A volume.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// Size, an amount above zero such as 10Gi. Default: 1Gi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<quantity::Positive>")]
    pub size: Option<Quantity>,

    /// Storage class. Default: the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub storage_class_name: Option<String>,
}
