//! What the doctor tells.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{origin::Origin, plugins::FoundPlugin};

/// What a database is, and what is wrong with it. Holds no content of rows. Serializes to what `doctor --json` prints.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Where the connection leads.
    pub server: Server,
    /// Who made the tables; nothing where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Which migrations the database has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaState>,
    /// How many rows there are; nothing where they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// Plugins of better-auth of which there are tables or columns.
    pub plugins: Vec<FoundPlugin>,
    /// What is wrong or worth knowing, the worst first.
    pub findings: Vec<Finding>,
    /// Whether a newer release has migrated the database.
    #[serde(skip)]
    pub(super) is_newer: bool,
}

impl Report {
    /// The exit code of `auth-server doctor`: 11 for a newer database, 10 when somebody has to mend something, else 0.
    pub fn exit_code(&self) -> u8 {
        if self.is_newer {
            11
        } else if self.count(Severity::Error) > 0 {
            10
        } else {
            0
        }
    }

    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// The server and the role.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// `host:port/name`.
    pub address: String,
    /// The version of Postgres, as it shows it.
    pub version: String,
    /// The role that is signed in.
    pub role: String,
    /// Where new tables are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The zone of the session.
    pub time_zone: String,
}

/// The bookkeeping of `migrate`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaState {
    /// Whether a migrator has been here.
    pub is_taken_over: bool,
    /// The newest migration that the database has, 0 for none.
    pub current_version: i64,
    /// The newest migration that this release knows.
    pub target_version: i64,
    /// The versions that `migrate` would apply.
    pub pending: Vec<i64>,
}

/// Counts.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows {
    /// Users.
    pub users: i64,
    /// Sessions, expired ones included.
    pub sessions: i64,
    /// Sessions that have expired.
    pub expired_sessions: i64,
    /// Accounts.
    pub accounts: i64,
    /// Accounts by their provider; `credential` is the password's.
    pub accounts_by_provider: BTreeMap<String, i64>,
    /// Passwords by the algorithm of their hash.
    pub passwords: BTreeMap<String, i64>,
    /// Verifications, expired ones included.
    pub verifications: i64,
}

/// One thing that is wrong or worth knowing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at.
    pub check: Check,
    /// What was found.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Statements that mend it or list the rows: those of the check `schema` are run by `migrate`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
}

impl Finding {
    pub(super) fn new(severity: Severity, check: Check, message: impl Into<String>) -> Self {
        Self {
            severity,
            check,
            message: message.into(),
            remedy: None,
            statements: Vec::new(),
        }
    }

    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    pub(super) fn statements(self, statements: impl IntoIterator<Item = String>) -> Self {
        Self {
            statements: statements.into_iter().collect(),
            ..self
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// `migrate` or `serve` fails, or somebody gets in who should not.
    Error,
    /// Some users or some operation will have trouble.
    Warning,
    /// Good to know.
    Note,
}

macro_rules! checks {
    ($($(#[$doc:meta])+ $variant:ident),+ $(,)?) => {
        /// What was looked at.
        #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Check { $($(#[$doc])+ $variant),+ }

        #[cfg(test)]
        pub(super) const CHECKS: &[Check] = &[$(Check::$variant),+];
    };
}

checks! {
    /// Version and encoding of the server.
    Server,
    /// Whether the server takes writes.
    ReadOnly,
    /// Whether a pooler is in between.
    Pooler,
    /// How many connections there may be.
    Connections,
    /// Whether there is a schema in which to make tables.
    SearchPath,
    /// What `serve` needs to be allowed.
    ServeRights,
    /// What `migrate` needs to be allowed.
    MigrateRights,
    /// Whether row-level security hides rows.
    RowSecurity,
    /// Whether another program migrates the tables.
    OtherMigrator,
    /// Which migrations the database has.
    Bookkeeping,
    /// Tables and columns, against those of this release and its settings.
    Schema,
    /// Tables under names that the settings do not have.
    Names,
    /// Columns of which nobody here knows.
    UnknownColumns,
    /// Indexes that were not finished.
    Indexes,
    /// Foreign keys that hold for new rows only.
    ForeignKeys,
    /// Rows of users who are gone.
    Orphans,
    /// Dates that cannot be.
    Dates,
    /// Addresses that differ by the case of letters.
    EmailCase,
    /// Accounts of a service that occur twice.
    DuplicateAccounts,
    /// How passwords are hashed.
    PasswordHashes,
    /// Services by which users sign in.
    Providers,
    /// The counters of ids.
    IdSequence,
    /// Plugins of better-auth.
    Plugins,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_about_the_doctor_has_every_check() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md");
        let page = std::fs::read_to_string(page).unwrap();
        for check in CHECKS {
            let name = serde_json::to_value(check).unwrap();
            let name = format!("| `{}` |", name.as_str().unwrap());
            assert!(page.contains(&name), "{name} is not in docs/doctor.md");
        }
    }
}
