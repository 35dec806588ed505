//! Columns of better-auth.

use sqlx::PgConnection;

use super::{Comparing, ddl};
use crate::{
    db::{IdKind, quoted},
    migrate::{
        catalog::{CatalogColumn, CatalogTable},
        difference::Difference,
        model::{ColumnModel, Kind, TableModel},
        probe,
    },
};

/// A date without a time zone, as better-auth made them before 1.3, and Drizzle and Prisma do by default.
pub(super) const WITHOUT_ZONE: &str = "timestamp without time zone";

/// Columns that better-auth 1.7.0 to 1.7.2 fills and other releases do not know.
const RELAXED: &[(&str, &str)] = &[("account", "issuer")];

impl Comparing<'_> {
    pub(super) async fn columns(
        &mut self,
        connection: &mut PgConnection,
        model: &TableModel,
        table: &CatalogTable,
    ) -> sqlx::Result<()> {
        let tables = &self.desired.tables;
        let name = tables.table_name(model.name);
        let mut without_zone = Vec::new();
        for column in model.columns {
            let column_name = tables.column_name(model.name, column.name);
            let Some(found) = table.columns.get(column_name) else {
                self.missing_column(model.name, column);
                continue;
            };
            if column.kind == Kind::Date && found.data_type == WITHOUT_ZONE {
                without_zone.push(column_name);
            } else if let Some(remedy) = self.type_remedy(model.name, column, &found.data_type) {
                let finding = format!("has type {}", found.data_type);
                self.found
                    .push(Difference::fix(name, Some(column_name), finding, remedy));
                continue;
            }
            self.nullability(connection, (model.name, column), found)
                .await?;
            self.keys(connection, (model.name, column), found, table)
                .await?;
        }
        self.without_zone(connection, name, &without_zone).await?;
        self.unknown(model, table);
        Ok(())
    }

    fn missing_column(&mut self, entity: &str, column: &ColumnModel) {
        let tables = &self.desired.tables;
        let (table, name) = (
            tables.table_name(entity),
            tables.column_name(entity, column.name),
        );
        let sql_type = match column.kind {
            Kind::Text => "text",
            Kind::Date => "timestamptz",
            _ => "",
        };
        self.found.push(if column.is_nullable {
            let statement = format!(
                "ALTER TABLE {} ADD COLUMN {} {sql_type}",
                quoted(table),
                quoted(name)
            );
            Difference::change(table, Some(name), "is missing", vec![statement])
        } else {
            Difference::fix(
                table,
                Some(name),
                "is missing",
                format!(
                    "set {entity}.fields.{} to the name that it has",
                    column.name
                ),
            )
        });
    }

    /// What to do about a type with which the server cannot work.
    fn type_remedy(&self, entity: &str, column: &ColumnModel, found: &str) -> Option<String> {
        let expected: &[&str] = match column.kind {
            Kind::Id | Kind::UserId => return id_remedy(self.desired.tables.ids(), found),
            Kind::Text => &["text", "character varying", "citext"],
            Kind::Boolean => &["boolean"],
            Kind::Date => &["timestamp with time zone"],
        };
        (!expected.contains(&found)).then(|| {
            format!(
                "must have {}: change its type, or set {entity}.fields.{} to another column",
                expected[0], column.name
            )
        })
    }

    async fn nullability(
        &mut self,
        connection: &mut PgConnection,
        (entity, column): (&str, &ColumnModel),
        found: &CatalogColumn,
    ) -> sqlx::Result<()> {
        let tables = &self.desired.tables;
        let (table, name) = (
            tables.table_name(entity),
            tables.column_name(entity, column.name),
        );
        // The address and the browser of a session are empty texts where they are not known.
        if column.is_nullable && found.is_not_null && entity != "session" {
            let statement = format!(
                "ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL",
                quoted(table),
                quoted(name)
            );
            self.found.push(Difference::change(
                table,
                Some(name),
                "is NOT NULL",
                vec![statement],
            ));
        } else if !column.is_nullable && !found.is_not_null {
            let difference =
                if entity == "verification" || !probe::has_nulls(connection, table, name).await? {
                    Difference::adopt(
                        table,
                        name,
                        "may be null",
                        "the server never stores null there",
                    )
                } else {
                    Difference::fix(
                        table,
                        Some(name),
                        "is null in some rows",
                        format!(
                            "give them a value: UPDATE {} SET {name} = … WHERE {name} IS NULL",
                            quoted(table),
                            name = quoted(name)
                        ),
                    )
                };
            self.found.push(difference);
        }
        Ok(())
    }

    pub(super) async fn without_zone(
        &mut self,
        connection: &mut PgConnection,
        table: &str,
        columns: &[&str],
    ) -> sqlx::Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let zone = self.desired.time_zone();
        if !probe::is_time_zone(connection, zone).await? {
            self.found.push(Difference::fix(
                table,
                None,
                format!("has dates without a time zone ({})", columns.join(", ")),
                format!("set advanced.database.legacyTimeZone to a zone that Postgres knows: {zone} is none"),
            ));
            return Ok(());
        }
        self.found.push(Difference::change(
            table,
            None,
            format!(
                "has dates without a time zone ({}), which are taken for {zone}",
                columns.join(", ")
            ),
            vec![ddl::with_time_zone(table, columns, zone)],
        ));
        Ok(())
    }

    /// Columns that nobody here knows, into which a new row would have to put something.
    fn unknown(&mut self, model: &TableModel, table: &CatalogTable) {
        let tables = &self.desired.tables;
        let name = tables.table_name(model.name);
        let is_known = |column: &str| {
            column == "id"
                || model
                    .columns
                    .iter()
                    .any(|known| tables.column_name(model.name, known.name) == column)
                || tables
                    .additional(model.name)
                    .iter()
                    .any(|known| known.column == column)
        };
        for (column, found) in &table.columns {
            if is_known(column) || !found.is_not_null || found.has_default {
                continue;
            }
            let statement = format!(
                "ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL",
                quoted(name),
                quoted(column)
            );
            let finding = "is NOT NULL without a default";
            self.found
                .push(if RELAXED.contains(&(model.name, column.as_str())) {
                    Difference::change(name, Some(column), finding, vec![statement])
                } else {
                    Difference::fix(
                        name,
                        Some(column),
                        finding,
                        format!(
                            "describe it in {}.additionalFields, or drop its NOT NULL",
                            model.name
                        ),
                    )
                });
        }
    }
}

fn id_remedy(ids: IdKind, found: &str) -> Option<String> {
    let kind = match found {
        "text" | "character varying" => IdKind::Text,
        "uuid" => IdKind::Uuid,
        "integer" | "bigint" => IdKind::Serial,
        other => return Some(format!("ids of type {other} are not supported")),
    };
    if kind == ids {
        return None;
    }
    Some(match kind {
        IdKind::Text => "leave advanced.database.generateId out".to_owned(),
        IdKind::Uuid => "set advanced.database.generateId to uuid".to_owned(),
        IdKind::Serial => "set advanced.database.generateId to serial".to_owned(),
    })
}
