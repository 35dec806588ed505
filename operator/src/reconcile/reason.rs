//! Reasons of conditions, an enumeration that users may rely on. `docs/reference/conditions.md` explains each.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident = $text:literal,)+) => {
        /// Why a condition is as it is.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Reason {
            $($(#[$doc])* $reason,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$reason),+];

            /// The condition's `reason`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => $text,)+
                }
            }
        }
    };
}

reasons! {
    /// The live state equals the spec.
    UpToDate = "UpToDate",
    /// `spec.replicas` is 0: everything is in place, and nothing serves.
    ScaledToZero = "ScaledToZero",
    /// `spec.replicas` is 0, and a migration waits until something is to serve.
    Hibernated = "Hibernated",
    /// `spec.suspend` is true and the live state does not equal the spec.
    Suspended = "Suspended",
    /// The spec holds a value that cannot be used.
    InvalidSpec = "InvalidSpec",
    /// A Secret, or a key of it, that the spec refers to does not exist.
    WaitingForSecret = "WaitingForSecret",
    /// A Secret that the operator generated, and that has been used, does not exist any longer.
    SecretLost = "SecretLost",
    /// A Secret's key does not hold a connection URL.
    InvalidDatabaseUrl = "InvalidDatabaseURL",
    /// The managed database, or the Cluster of CloudNativePG, does not accept connections yet.
    WaitingForDatabase = "WaitingForDatabase",
    /// Another AuthBackend uses the same database.
    DatabaseConflict = "DatabaseConflict",
    /// The schema is brought up to the image.
    Migrating = "Migrating",
    /// The migration failed, and another try needs a change or the annotation `authbackend.dev/retry-migration`.
    MigrationFailed = "MigrationFailed",
    /// The plan of a migration waits for its approval.
    AwaitingApproval = "AwaitingApproval",
    /// The database is newer than the image.
    DowngradeRefused = "DowngradeRefused",
    /// Objects are created or changed.
    Applying = "Applying",
    /// Pods are replaced, or started or stopped.
    RollingOut = "RollingOut",
    /// A pod cannot start or ends again and again.
    PodFailing = "PodFailing",
    /// New pods did not become ready in time; the pods before them go on serving.
    RolloutFailed = "RolloutFailed",
    /// The API server refused a change.
    ApplyFailed = "ApplyFailed",
    /// The spec asks for an API that the cluster does not serve.
    MissingApi = "MissingAPI",
    /// No controller has said yet whether a parent takes the HTTPRoute.
    WaitingForGateway = "WaitingForGateway",
    /// A parent does not take the HTTPRoute.
    RouteRefused = "RouteRefused",
    /// cert-manager has not issued the certificate yet.
    WaitingForCertificate = "WaitingForCertificate",
    /// Pods of the wanted version serve.
    Serving = "Serving",
    /// Pods of the version before serve.
    ServingPreviousVersion = "ServingPreviousVersion",
    /// No pod is available.
    NoPodAvailable = "NoPodAvailable",
    /// There is no Deployment yet.
    NotDeployed = "NotDeployed",
    /// The schema is what the image needs.
    SchemaUpToDate = "SchemaUpToDate",
    /// The database accepted a connection.
    Connected = "Connected",
    /// Nothing has tried to connect yet.
    NotChecked = "NotChecked",
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGE: &str = include_str!("../../../docs/reference/conditions.md");

    /// Cells of the rows below headings that begin with `Reasons of`.
    fn rows() -> Vec<Vec<&'static str>> {
        let sections = PAGE
            .split("\n## ")
            .filter(|section| section.starts_with("Reasons of"));
        sections
            .flat_map(str::lines)
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
            .collect()
    }

    fn reason(row: &[&'static str]) -> &'static str {
        row[0].trim_matches('`')
    }

    #[test]
    fn every_reason_is_explained_and_nothing_else_is() {
        let explained: BTreeSet<_> = rows().iter().map(|row| reason(row)).collect();
        let known: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(explained, known);
    }

    #[test]
    fn whatever_is_not_ready_has_a_remedy() {
        for row in rows() {
            // The reasons of Ready have a remedy of their own; the others only say what is.
            if row.len() != 4 || ["True", "False", "Unknown"].contains(&row[2]) {
                continue;
            }
            let [_, state, meaning, remedy] = row[..] else {
                panic!("{row:?}")
            };
            assert!(!meaning.is_empty(), "{row:?}");
            let needs_someone = matches!(state, "stalled" | "waits");
            assert!(!needs_someone || !remedy.is_empty(), "{row:?}");
        }
    }
}
