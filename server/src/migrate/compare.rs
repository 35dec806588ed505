//! Compares the tables with what the server and its settings want.

mod additional;
mod column;
mod ddl;
mod key;
mod triggers;

use sqlx::PgConnection;

use super::{
    catalog::{Catalog, CatalogTable, lookalikes},
    desired::Desired,
    difference::Difference,
    model::{CORE, TableModel},
    probe,
    source::Migration,
};

/// What a comparison found.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Whether none of the four tables exists.
    pub(super) is_empty: bool,
    pub(super) differences: Vec<Difference>,
}

/// Compares the database with `desired`; `baseline` makes tables that are missing.
pub(super) async fn compare(
    connection: &mut PgConnection,
    desired: &Desired,
    baseline: Option<&Migration>,
) -> sqlx::Result<Comparison> {
    let names: Vec<&str> = CORE
        .iter()
        .map(|table| desired.tables.table_name(table.name))
        .collect();
    let catalog = Catalog::read(connection, &names).await?;
    let is_missing = |table: &TableModel| {
        catalog
            .table(desired.tables.table_name(table.name))
            .is_none()
    };
    let mut comparing = Comparing {
        desired,
        found: Vec::new(),
    };
    let is_empty = CORE.iter().all(is_missing);
    if is_empty {
        comparing.nothing(connection).await?;
    } else {
        for table in &CORE {
            comparing
                .table(connection, &catalog, table, baseline)
                .await?;
        }
    }
    comparing.triggers(connection).await?;
    Ok(Comparison {
        is_empty,
        differences: comparing.found,
    })
}

struct Comparing<'a> {
    desired: &'a Desired,
    found: Vec<Difference>,
}

impl Comparing<'_> {
    /// None of the tables is there. Perhaps they are called otherwise: making new ones beside them would lose every user.
    async fn nothing(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let similar = lookalikes(connection).await?;
        if let [first, .., _] = similar.as_slice() {
            self.found.push(Difference::fix(
                first,
                None,
                format!("looks like one of better-auth's ({})", similar.join(", ")),
                "name the tables and columns: user.modelName, session.modelName, account.modelName, \
                 verification.modelName and their fields",
            ));
            return Ok(());
        }
        for table in &CORE {
            self.additional(connection, table.name, &CatalogTable::default(), false)
                .await?;
        }
        Ok(())
    }

    async fn table(
        &mut self,
        connection: &mut PgConnection,
        catalog: &Catalog,
        model: &TableModel,
        baseline: Option<&Migration>,
    ) -> sqlx::Result<()> {
        let name = self.desired.tables.table_name(model.name);
        let Some(table) = catalog.table(name) else {
            self.missing_table(model, name, baseline);
            return self
                .additional(connection, model.name, &CatalogTable::default(), false)
                .await;
        };
        self.columns(connection, model, table).await?;
        let has_rows = probe::has_rows(connection, name).await?;
        self.additional(connection, model.name, table, has_rows)
            .await
    }

    fn missing_table(&mut self, model: &TableModel, name: &str, baseline: Option<&Migration>) {
        let statements = baseline
            .filter(|_| model.name != "user")
            .map(|baseline| ddl::of_table(&baseline.sql, model.name, &self.desired.tables));
        self.found.push(match statements {
            Some(statements) => Difference::change(name, None, "is missing", statements),
            None => Difference::fix(
                name,
                None,
                "is missing",
                format!("set {}.modelName to the name that it has", model.name),
            ),
        });
    }
}
