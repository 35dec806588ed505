//! Decides, without touching the database, what a migrator has to do.

use super::{
    MigrateError, Migration,
    compare::Comparison,
    difference::{Action, Difference},
    file_name::Class,
    history::Record,
    model::BASELINE_VERSION,
};

/// What a migrator has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The newest migration that the database has, 0 for none.
    pub current_version: i64,
    /// The newest migration that it will have.
    pub target_version: i64,
    /// What will be applied, in this order.
    pub pending: Vec<Migration>,
    /// The contract migrations that are applied only when asked for, once no server of before runs.
    pub contracts: Vec<Migration>,
    /// Whether the tables exist already, made by better-auth, and are taken over.
    pub adopt: bool,
    /// How the tables are not as they should be, and what is done about it, after migration 1.
    pub differences: Vec<Difference>,
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

    /// Whether there is anything to do apart from contracts.
    pub fn is_work(&self) -> bool {
        self.adopt || !self.pending.is_empty() || self.changes().next().is_some()
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
        refuse_contracted(known, history)?;
        let adopt = history.is_empty() && !existing.is_empty;
        // On an empty database there is no server of before.
        let is_new = history.is_empty() && existing.is_empty;
        let (mut pending, mut contracts) = (Vec::new(), Vec::new());
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
                _ if migration.class == Class::Contract && !is_new => {
                    contracts.push(migration.clone());
                }
                // Never applied, or interrupted: such a migration is written so that it may run again.
                _ => pending.push(migration.clone()),
            }
        }
        let complete = history.iter().filter(|record| record.is_complete);
        let current_version = complete.map(|record| record.version).max().unwrap_or(0);
        Ok(Self {
            current_version,
            target_version: target_version(known, &pending).max(current_version),
            pending,
            contracts,
            adopt,
            differences: existing.differences,
        })
    }
}

/// The newest of the migrations that there will be, of those that are `known`.
fn target_version(known: &[Migration], pending: &[Migration]) -> i64 {
    let expand = known
        .iter()
        .filter(|migration| migration.class != Class::Contract);
    let versions = expand.chain(pending).map(|migration| migration.version);
    versions.max().unwrap_or(0)
}

/// Migrations that are not known do no harm, because they only add, unless a contract says that one has to know them.
fn refuse_contracted(known: &[Migration], history: &[Record]) -> Result<(), MigrateError> {
    let is_known = |version: i64| known.iter().any(|known| known.version == version);
    let needed = history.iter().rev().find_map(|record| {
        record
            .min_server_version
            .filter(|needed| !is_known(*needed))
    });
    match needed {
        Some(needed) => Err(MigrateError::Newer {
            needed,
            known: known.last().map_or(0, |migration| migration.version),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
