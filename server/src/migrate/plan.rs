//! Decides, without touching the database, what a migrator has to do.

use serde::{Serialize, Serializer};

use super::{
    MigrateError, Migration,
    compare::Comparison,
    difference::{Action, Difference},
    file_name::Class,
    history::Record,
    model::BASELINE_VERSION,
};

/// What a migrator has to do. Serializes to what `migrate --dry-run --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The newest migration that the database has, 0 for none.
    pub current_version: i64,
    /// The newest migration that it will have.
    pub target_version: i64,
    /// What will be applied, in this order.
    #[serde(serialize_with = "summaries")]
    pub pending: Vec<Migration>,
    /// Whether the tables exist already, made by better-auth, and are taken over.
    pub adopt: bool,
    /// How the tables are not as they should be, and what is done about it, after migration 1.
    pub differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Summary<'a> {
    version: i64,
    name: &'a str,
    class: &'static str,
    checksum: &'a str,
}

fn summaries<S: Serializer>(pending: &[Migration], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(pending.iter().map(|migration| Summary {
        version: migration.version,
        name: &migration.name,
        class: Class::as_str(migration.class),
        checksum: &migration.checksum,
    }))
}

impl Plan {
    /// What has to be mended by somebody before anything is done.
    pub fn blockers(&self) -> Vec<Difference> {
        self.with(Action::Fix).cloned().collect()
    }

    /// What is changed.
    pub fn changes(&self) -> impl Iterator<Item = &Difference> {
        self.with(Action::Change)
    }

    fn with(&self, action: Action) -> impl Iterator<Item = &Difference> {
        self.differences
            .iter()
            .filter(move |difference| difference.action == action)
    }

    /// Compares the migrations that are `known`, sorted by version, with the database's `history`; `existing` says how
    /// the tables are.
    pub(super) fn new(
        known: &[Migration],
        history: &[Record],
        existing: Comparison,
    ) -> Result<Self, MigrateError> {
        let last_known = known.last().map_or(0, |migration| migration.version);
        let is_known = |record: &&Record| known.iter().any(|known| known.version == record.version);
        if let Some(record) = history.iter().rev().find(|record| !is_known(record)) {
            return Err(MigrateError::Newer {
                applied: record.version,
                known: last_known,
            });
        }
        let adopt = history.is_empty() && !existing.is_empty;
        let mut pending = Vec::new();
        for migration in known {
            match history
                .iter()
                .find(|record| record.version == migration.version)
            {
                Some(record) if record.is_complete && record.checksum != migration.checksum => {
                    return Err(MigrateError::Changed(migration.label()));
                }
                Some(record) if record.is_complete => {}
                None if adopt && migration.version <= BASELINE_VERSION => {}
                // Never applied, or interrupted: such a migration is written so that it may run again.
                _ => pending.push(migration.clone()),
            }
        }
        let complete = history.iter().filter(|record| record.is_complete);
        let current_version = complete.map(|record| record.version).max().unwrap_or(0);
        Ok(Self {
            current_version,
            target_version: last_known.max(current_version),
            pending,
            adopt,
            differences: existing.differences,
        })
    }
}

#[cfg(test)]
mod tests;
