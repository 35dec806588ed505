//! What the catalog alone shows, beside the comparison that `migrate` makes.

use super::{
    Examined, plugins,
    report::{Check, Finding, Report, Severity},
};
use crate::{
    db::quoted,
    migrate::{
        catalog::ForeignKey,
        model::{CORE, TableModel},
    },
};

impl Examined<'_> {
    pub(super) fn shape(&self, report: &mut Report) {
        for model in &CORE {
            let name = self.desired.tables.table_name(model.name);
            let Some(table) = self.catalog.table(name) else {
                continue;
            };
            let unfinished = table.invalid_indexes.iter();
            report
                .findings
                .extend(unfinished.map(|index| unfinished_index(name, index)));
            for (column, found) in &table.columns {
                let key = found.foreign_key.as_ref();
                let unchecked = key.filter(|key| !key.is_validated);
                report
                    .findings
                    .extend(unchecked.map(|key| unchecked_key(name, key)));
                if !self.is_known(model, column) {
                    report
                        .findings
                        .push(unknown_column(model.name, name, column));
                }
            }
        }
    }

    /// Whether `column` is of better-auth, a plugin of it, or the settings.
    fn is_known(&self, model: &TableModel, column: &str) -> bool {
        let tables = &self.desired.tables;
        model
            .columns
            .iter()
            .any(|known| tables.column_name(model.name, known.name) == column)
            || tables
                .additional(model.name)
                .iter()
                .any(|known| known.column == column)
            // better-auth 1.7.0 to 1.7.2.
            || (model.name, column) == ("account", "issuer")
            || plugins::has_column(model.name, column)
    }
}

fn unfinished_index(table: &str, index: &str) -> Finding {
    Finding::new(
        Severity::Warning,
        Check::Indexes,
        format!(
            "the index {index} of the table {table} was not finished: it costs at each write and helps nobody"
        ),
    )
    .remedy("make it again; `migrate` does so with those that it needs")
    .statements([format!("REINDEX INDEX CONCURRENTLY {}", quoted(index))])
}

fn unchecked_key(table: &str, key: &ForeignKey) -> Finding {
    Finding::new(
        Severity::Warning,
        Check::ForeignKeys,
        format!(
            "the foreign key {} of the table {table} was never checked against the rows before it",
            key.name
        ),
    )
    .remedy("check it, once no row is without a user; `migrate` does so with those of better-auth")
    .statements([format!(
        "ALTER TABLE {} VALIDATE CONSTRAINT {}",
        quoted(table),
        quoted(&key.name)
    )])
}

fn unknown_column(entity: &str, table: &str, column: &str) -> Finding {
    let remedy = match entity {
        "user" | "session" => {
            format!("describe it in {entity}.additionalFields, if it is a field of yours")
        }
        _ => "nothing to do".to_owned(),
    };
    Finding::new(
        Severity::Note,
        Check::UnknownColumns,
        format!(
            "the column {table}.{column} is not better-auth's: it stays, and clients do not see it"
        ),
    )
    .remedy(remedy)
}
