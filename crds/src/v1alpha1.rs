//! `authbackend.dev/v1alpha1`.
//!
//! Optional fields stay absent when they are not set (no `default` in the schema): the API server would store a
//! default, GitOps tools would show it as drift, and an autoscaler would fight a stored replica count. Unknown
//! fields are never refused here, so that an older operator can read what a newer schema admitted.

mod database;
mod exposure;
mod migration;
mod monitoring;
mod network_policy;
mod quantity;
mod scheduling;
mod serving;
mod spec;
mod status;

pub use database::{Cnpg, Connection, Database, Managed, SecretKeyRef, SslMode, Storage};
pub use exposure::{
    Certificate, Exposure, HttpRoute, Ingress, IssuerRef, ParentRef, Service, ServiceType,
};
pub use migration::{Migration, MigrationCredentials, MigrationPhase, MigrationPolicy};
pub use monitoring::{Monitor, Monitoring, Tracing};
pub use network_policy::NetworkPolicy;
pub use scheduling::{DisruptionBudget, PodTemplate, TopologySpread, WhenUnsatisfiable};
pub use serving::{Current, RecordedSecret, Rejected};
pub use spec::{
    AuthBackend, AuthBackendSpec, Autoscaling, DeletionPolicy, EnvVar, ImagePullPolicy,
    ImagePullSecret, is_reserved_variable,
};
pub use status::{
    AuthBackendStatus, ContractStatus, MigrationPlan, MigrationStatus, PlannedMigration,
};

/// API group of the resource.
pub const GROUP: &str = "authbackend.dev";

/// Asks for another try of a failed migration or a failed rollout: any value that the annotation did not have before.
pub const RETRY_MIGRATION_ANNOTATION: &str = "authbackend.dev/retry-migration";

/// Approves the plan of a migration: the plan's hash.
pub const APPROVE_MIGRATION_ANNOTATION: &str = "authbackend.dev/approve-migration";

/// Approves a contract: its hash.
pub const APPROVE_CONTRACT_ANNOTATION: &str = "authbackend.dev/approve-contract";

/// Approves that a generated Secret that is gone is replaced by another one: the uid of the one that is gone.
pub const APPROVE_REPLACEMENT_ANNOTATION: &str = "authbackend.dev/approve-replacement";

/// Has the API server refuse to delete the resource while it is `true`, where the chart's policy is installed.
pub const DELETION_PROTECTION_ANNOTATION: &str = "authbackend.dev/deletion-protection";

/// Mount path of the API when `baseURL` has no path, as in better-auth.
pub const DEFAULT_MOUNT_PATH: &str = "/api/auth";

#[cfg(test)]
mod tests;
