//! Unique values, indexes and references.

use sqlx::PgConnection;

use super::{Comparing, ddl};
use crate::migrate::{
    catalog::{CatalogColumn, CatalogTable},
    difference::Difference,
    model::{ColumnModel, Kind},
    probe,
};

impl Comparing<'_> {
    pub(super) async fn keys(
        &mut self,
        connection: &mut PgConnection,
        (entity, column): (&str, &ColumnModel),
        found: &CatalogColumn,
        catalog: &CatalogTable,
    ) -> sqlx::Result<()> {
        let tables = &self.desired.tables;
        let (table, name) = (
            tables.table_name(entity),
            tables.column_name(entity, column.name),
        );
        let is_invalid = |is_unique| {
            let index = ddl::index_name(table, name, is_unique);
            catalog.invalid_indexes.contains(&index)
        };
        if column.is_unique && !found.is_unique {
            let difference = if probe::has_duplicates(connection, table, name).await? {
                Difference::fix(
                    table,
                    Some(name),
                    "has no unique index, and values that occur twice",
                    "remove or change all rows but one of each value",
                )
            } else {
                let statements = ddl::create_index(table, name, true, is_invalid(true));
                Difference::change(table, Some(name), "has no unique index", statements)
            };
            self.found.push(difference);
        }
        if column.is_indexed && !found.is_indexed {
            let statements = ddl::create_index(table, name, false, is_invalid(false));
            self.found.push(Difference::change(
                table,
                Some(name),
                "has no index",
                statements,
            ));
        }
        if column.kind == Kind::UserId {
            self.reference(connection, table, name, found).await?;
        }
        Ok(())
    }

    async fn reference(
        &mut self,
        connection: &mut PgConnection,
        table: &str,
        name: &str,
        found: &CatalogColumn,
    ) -> sqlx::Result<()> {
        let users = self.desired.tables.table_name("user");
        let replaced = match &found.foreign_key {
            Some(key) if key.cascades && key.is_validated => return Ok(()),
            Some(key) if key.cascades => {
                return self.unvalidated(connection, (table, name), &key.name).await;
            }
            Some(key) => Some(key.name.as_str()),
            None => None,
        };
        let finding = match replaced {
            Some(_) => "has a foreign key that does not cascade",
            None => "has no foreign key",
        };
        let is_checked = found
            .foreign_key
            .as_ref()
            .is_some_and(|key| key.is_validated);
        let orphans = if is_checked {
            0
        } else {
            probe::orphans(connection, table, name, users).await?
        };
        self.found.push(if orphans == 0 {
            let statements = ddl::foreign_key(table, name, users, replaced);
            Difference::change(table, Some(name), finding, statements)
        } else {
            Difference::adopt(
                table,
                name,
                finding,
                format!("{orphans} rows belong to no user; without them `migrate` adds the key"),
            )
        });
        Ok(())
    }

    /// A key that holds for new rows only: whoever made it was interrupted, or found rows without a user.
    async fn unvalidated(
        &mut self,
        connection: &mut PgConnection,
        (table, name): (&str, &str),
        key: &str,
    ) -> sqlx::Result<()> {
        let users = self.desired.tables.table_name("user");
        let orphans = probe::orphans(connection, table, name, users).await?;
        let finding = "has a foreign key that was never checked against the rows before it";
        self.found.push(if orphans == 0 {
            let statements = vec![ddl::validate(table, key)];
            Difference::change(table, Some(name), finding, statements)
        } else {
            let remedy =
                format!("{orphans} rows belong to no user; without them `migrate` checks it");
            Difference::adopt(table, name, finding, remedy)
        });
        Ok(())
    }
}
