//! Why a migration did not happen, and whether another try may help.

use std::time::Duration;

use super::{Migration, difference::Difference};
use crate::{config::Problem, db::DbError};

/// Why a migration did not happen. No variant contains a credential or a row's content.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The settings cannot be used.
    #[error(transparent)]
    Configuration(#[from] Problem),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] DbError),
    /// Another migrator holds the database.
    #[error("another migrator is still at work after {} s", .0.as_secs())]
    Busy(Duration),
    /// A pooler gives connections away between transactions.
    #[error(
        "there is a pooler in transaction mode in between, where a lock does not outlive a transaction: give `migrate` a direct connection to the database, or one through a pooler in session mode"
    )]
    Pooled,
    /// A table stayed locked by other sessions.
    #[error("{what} could not lock a table in {attempts} tries: other sessions hold it")]
    LockTimeout {
        /// The migration or the difference.
        what: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The connection was lost, or the server is short of something or stops.
    #[error("the database failed: {0}")]
    Unavailable(String),
    /// A statement was refused.
    #[error("migration {migration} failed{}: {message}", line.map(|line| format!(" in line {line}")).unwrap_or_default())]
    Failed {
        /// Version and name.
        migration: String,
        /// Line of the file, where the server knows it.
        line: Option<usize>,
        /// What the server says, with its SQLSTATE.
        message: String,
    },
    /// A statement that changes a difference was refused.
    #[error("{difference} cannot be changed: {message}")]
    Change {
        /// What was to be changed.
        difference: String,
        /// What the server says, with its SQLSTATE.
        message: String,
    },
    /// A statement of the migrator itself was refused.
    #[error("the migrator failed: {0}")]
    Refused(String),
    /// A migration that was applied has another content now.
    #[error(
        "migration {0} was changed after it was applied: restore the file and add a new migration"
    )]
    Changed(String),
    /// The tables that exist have to be mended first.
    #[error("nothing was changed, because somebody has to mend the database first: {}", join(.0))]
    Drift(Vec<Difference>),
    /// What has to be done is not what was shown and approved.
    #[error("the plan changed: {expected} was approved, {found} is what would be done now")]
    PlanChanged {
        /// Hash of the plan that was asked for.
        expected: String,
        /// Hash of the plan as it is.
        found: String,
    },
    /// A contract is due only when everything else was applied.
    #[error("migrations are pending that come before a contract: run `auth-server migrate` first")]
    NotExpanded,
    /// A newer release has removed from the database what this one uses.
    #[error(
        "the database works only with versions that know migration {needed}, this one knows those up to {known}: run a newer version"
    )]
    Newer {
        /// The migration that has to be known.
        needed: i64,
        /// The newest migration known.
        known: i64,
    },
}

fn join(drift: &[Difference]) -> String {
    drift
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// SQLSTATEs after which the same statement may succeed.
mod sqlstate {
    pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
    pub(super) const DEADLOCK: &str = "40P01";
    pub(super) const SERIALIZATION: &str = "40001";
    /// Classes: connection, resources, operator intervention, system error.
    pub(super) const TRANSIENT_CLASSES: [&str; 4] = ["08", "53", "57", "58"];
}

impl MigrateError {
    /// The exit code of `auth-server migrate`: 1 when a retry may help, 78 for settings, 11 for a database that needs a
    /// newer version, 12 for a plan that changed, 10 for everything else that a retry cannot mend.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) | Self::Connect(DbError::Configuration(_)) => 78,
            Self::Connect(_) | Self::Busy(_) | Self::LockTimeout { .. } | Self::Unavailable(_) => 1,
            Self::Failed { .. }
            | Self::Change { .. }
            | Self::Refused(_)
            | Self::Changed(_)
            | Self::NotExpanded
            | Self::Pooled
            | Self::Drift(_) => 10,
            Self::Newer { .. } => 11,
            Self::PlanChanged { .. } => 12,
        }
    }

    /// A statement of `migration` failed.
    pub(super) fn in_migration(migration: &Migration, script: &str, error: &sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Refused(message) => Self::Failed {
                migration: migration.label(),
                line: line(script, error),
                message,
            },
            other => other,
        }
    }

    /// A statement that changes `difference` failed.
    pub(super) fn in_change(difference: &str, error: &sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Refused(message) => Self::Change {
                difference: difference.to_owned(),
                message,
            },
            other => other,
        }
    }
}

impl From<&sqlx::Error> for MigrateError {
    fn from(error: &sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = error else {
            return Self::Unavailable(error.to_string());
        };
        let code = database.code().unwrap_or_default();
        // The detail is left out: it may quote a row.
        let message = format!("{} (SQLSTATE {code})", database.message());
        let is_transient = sqlstate::TRANSIENT_CLASSES
            .iter()
            .any(|class| code.starts_with(class));
        if is_transient {
            Self::Unavailable(message)
        } else {
            Self::Refused(message)
        }
    }
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Self::from(&error)
    }
}

/// Whether `error` says that other sessions were in the way.
pub(super) fn is_contention(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(
        code.as_deref(),
        Some(sqlstate::LOCK_NOT_AVAILABLE | sqlstate::DEADLOCK | sqlstate::SERIALIZATION)
    )
}

/// The line, from 1, at which the server points.
fn line(sql: &str, error: &sqlx::Error) -> Option<usize> {
    use sqlx::postgres::{PgDatabaseError, PgErrorPosition};
    let error = error
        .as_database_error()?
        .try_downcast_ref::<PgDatabaseError>()?;
    let PgErrorPosition::Original(position) = error.position()? else {
        return None;
    };
    Some(
        sql.chars()
            .take(position.saturating_sub(1))
            .filter(|character| *character == '\n')
            .count()
            + 1,
    )
}
