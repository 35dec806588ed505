//! What `migrate` would do.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::{
    Examined,
    report::{Check, Finding, Report, SchemaState, Severity},
};
use crate::migrate::{
    Effects, MigrateError, Plan, compare,
    difference::{Action, Difference},
    history::{self, Record},
    model::BASELINE_VERSION,
};

impl Examined<'_> {
    /// What `migrate` would do.
    pub(super) async fn plan(
        &self,
        connection: &mut PgConnection,
        report: &mut Report,
    ) -> Result<(), MigrateError> {
        let migrations = self.doctor.migrations;
        let history = history::read(connection).await?;
        report.findings.extend(interrupted(&history));
        let baseline = migrations
            .iter()
            .find(|migration| migration.version == BASELINE_VERSION);
        let existing = compare::compare(connection, &self.desired, baseline).await?;
        let differences = existing.differences.clone();
        let is_empty = existing.is_empty;
        report.findings.extend(differences.iter().map(in_schema));
        report.findings.extend(self.kept_elsewhere(&differences));
        let plan = match Plan::new(migrations, &history, existing) {
            Ok(plan) => plan,
            Err(error) => {
                report.is_newer = matches!(error, MigrateError::Newer { .. });
                report.findings.push(Finding::new(
                    Severity::Error,
                    Check::Bookkeeping,
                    error.to_string(),
                ));
                return Ok(());
            }
        };
        let pending: Vec<i64> = plan
            .pending
            .iter()
            .map(|migration| migration.version)
            .collect();
        let has_work = plan.adopt || !pending.is_empty();
        if has_work {
            report.findings.push(outstanding(plan.adopt, is_empty));
        }
        let tables = self.desired.tables();
        let effects = plan.pending.iter();
        let effects = effects.map(|migration| Effects::of(&migration.script(tables)));
        let locked = effects.flat_map(|effects| effects.locks.into_iter().map(|lock| lock.table));
        let changed: BTreeSet<String> = plan
            .changes()
            .map(|difference| difference.table.clone())
            .chain(locked)
            .collect();
        let of_others: Vec<_> = self
            .access
            .iter()
            .filter(|table| !table.is_owned && changed.contains(&table.table))
            .collect();
        if has_work || !changed.is_empty() {
            report
                .findings
                .extend(self.facts.judge_migration(&of_others));
        }
        report.schema = Some(SchemaState {
            is_taken_over: !history.is_empty(),
            current_version: plan.current_version,
            target_version: plan.target_version,
            pending,
        });
        Ok(())
    }

    /// better-auth makes no table for sessions where it keeps them in a secondary storage. Users that are there without
    /// it say so.
    fn kept_elsewhere(&self, differences: &[Difference]) -> Option<Finding> {
        let table = self.desired.tables.table_name("session");
        let has_none = |it: &Difference| {
            it.table == table && it.column.is_none() && it.action == Action::Change
        };
        let is_named = self.doctor.settings.secondary_storage.is_some();
        (!is_named && differences.iter().any(has_none)).then(|| {
            Finding::new(
                Severity::Warning,
                Check::Schema,
                format!("{table} is missing: better-auth keeps sessions in a secondaryStorage"),
            )
            .remedy("set secondaryStorage to the same Redis, or everybody has to sign in again")
        })
    }
}

fn interrupted(history: &[Record]) -> impl Iterator<Item = Finding> {
    let interrupted = history.iter().filter(|record| !record.is_complete);
    interrupted.map(|record| {
        Finding::new(
            Severity::Warning,
            Check::Bookkeeping,
            format!("migration {} began and did not end", record.version),
        )
        .remedy("run `migrate`: it runs it again")
    })
}

fn outstanding(adopt: bool, is_empty: bool) -> Finding {
    let message = match (adopt, is_empty) {
        (true, _) => "the tables are better-auth's and not taken over yet",
        (_, true) => "there are no tables of better-auth's",
        _ => "the schema is older than this release",
    };
    Finding::new(Severity::Note, Check::Bookkeeping, message)
        .remedy("run `migrate`; with --dry-run it shows its plan")
}

/// A difference as a finding: what `migrate` changes is no trouble, what keeps it from working is.
fn in_schema(difference: &Difference) -> Finding {
    let (severity, remedy) = match difference.action {
        Action::Fix => (Severity::Error, difference.remedy.clone()),
        Action::Change => (Severity::Note, Some("`migrate` changes it".to_owned())),
        Action::Adopt => (Severity::Note, difference.remedy.clone()),
    };
    Finding {
        remedy,
        ..Finding::new(severity, Check::Schema, difference.subject())
            .statements(difference.statements.clone())
    }
}
