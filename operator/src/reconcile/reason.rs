//! Reasons of conditions, an enumeration that users may rely on. `docs/reference/conditions.md` explains each.

use std::fmt;

/// Why a condition is as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The live state equals the spec.
    UpToDate,
    /// `spec.replicas` is 0: everything is in place, and nothing serves.
    ScaledToZero,
    /// `spec.suspend` is true and the live state does not equal the spec.
    Suspended,
    /// The spec holds a value that cannot be used.
    InvalidSpec,
    /// A Secret, or a key of it, that the spec refers to does not exist.
    WaitingForSecret,
    /// A Secret's key does not hold a connection URL.
    InvalidDatabaseUrl,
    /// The managed database does not accept connections yet.
    WaitingForDatabase,
    /// Another AuthBackend uses the same database.
    DatabaseConflict,
    /// The schema is brought up to the image.
    Migrating,
    /// The migration failed, and another try needs a change or the annotation `authbackend.dev/retry-migration`.
    MigrationFailed,
    /// The plan of a migration waits for its approval.
    AwaitingApproval,
    /// The database is newer than the image.
    DowngradeRefused,
    /// Objects are created or changed.
    Applying,
    /// Pods are replaced, or started or stopped.
    RollingOut,
    /// A pod cannot start or ends again and again.
    PodFailing,
    /// New pods did not become ready in time; the pods before them go on serving.
    RolloutFailed,
    /// The API server refused a change.
    ApplyFailed,
    /// Pods of the wanted version serve.
    Serving,
    /// Pods of the version before serve.
    ServingPreviousVersion,
    /// No pod is available.
    NoPodAvailable,
    /// There is no Deployment yet.
    NotDeployed,
    /// The schema is what the image needs.
    SchemaUpToDate,
    /// The database accepted a connection.
    Connected,
    /// Nothing has tried to connect yet.
    NotChecked,
}

impl Reason {
    /// The condition's `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "UpToDate",
            Self::ScaledToZero => "ScaledToZero",
            Self::Suspended => "Suspended",
            Self::InvalidSpec => "InvalidSpec",
            Self::WaitingForSecret => "WaitingForSecret",
            Self::InvalidDatabaseUrl => "InvalidDatabaseURL",
            Self::WaitingForDatabase => "WaitingForDatabase",
            Self::DatabaseConflict => "DatabaseConflict",
            Self::Migrating => "Migrating",
            Self::MigrationFailed => "MigrationFailed",
            Self::AwaitingApproval => "AwaitingApproval",
            Self::DowngradeRefused => "DowngradeRefused",
            Self::Applying => "Applying",
            Self::RollingOut => "RollingOut",
            Self::PodFailing => "PodFailing",
            Self::RolloutFailed => "RolloutFailed",
            Self::ApplyFailed => "ApplyFailed",
            Self::Serving => "Serving",
            Self::ServingPreviousVersion => "ServingPreviousVersion",
            Self::NoPodAvailable => "NoPodAvailable",
            Self::NotDeployed => "NotDeployed",
            Self::SchemaUpToDate => "SchemaUpToDate",
            Self::Connected => "Connected",
            Self::NotChecked => "NotChecked",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
