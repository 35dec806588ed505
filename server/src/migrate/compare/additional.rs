//! Columns that the settings add.

use std::fmt::Write as _;

use authbackend_crds::auth::AdditionalField;
use serde_json::Value;
use sqlx::PgConnection;

use super::{Comparing, column::WITHOUT_ZONE, ddl};
use crate::{
    db::{AdditionalColumn, ColumnType, quoted},
    migrate::{catalog::CatalogTable, difference::Difference},
};

impl Comparing<'_> {
    pub(super) async fn additional(
        &mut self,
        connection: &mut PgConnection,
        entity: &str,
        table: &CatalogTable,
        has_rows: bool,
    ) -> sqlx::Result<()> {
        let tables = &self.desired.tables;
        let name = tables.table_name(entity);
        let mut without_zone = Vec::new();
        for (column, (_, field)) in tables
            .additional(entity)
            .iter()
            .zip(self.desired.additional(entity))
        {
            let Some(found) = table.columns.get(&column.column) else {
                let difference = self.missing(name, column, field, has_rows);
                self.found.push(difference);
                continue;
            };
            if found.data_type == WITHOUT_ZONE && column.column_type == ColumnType::Date {
                without_zone.push(column.column.as_str());
            } else if !fits(column.column_type, &found.data_type) {
                self.found.push(Difference::fix(
                    name,
                    Some(&column.column),
                    format!("has type {}", found.data_type),
                    format!(
                        "must have {}: change its type, or that of the field",
                        column.column_type.sql_type(tables.ids())
                    ),
                ));
            }
        }
        self.without_zone(connection, name, &without_zone).await
    }

    fn missing(
        &self,
        table: &str,
        column: &AdditionalColumn,
        field: &AdditionalField,
        has_rows: bool,
    ) -> Difference {
        let default = default(field, column.column_type);
        if field.required() && default.is_none() && has_rows {
            return Difference::fix(
                table,
                Some(&column.column),
                "is missing, and there are rows without a value for it",
                "set defaultValue, or required to false, or add the column with values for all rows",
            );
        }
        let mut statement = format!(
            "ALTER TABLE {} ADD COLUMN {} {}",
            quoted(table),
            quoted(&column.column),
            column.column_type.sql_type(self.desired.tables.ids())
        );
        if field.required() {
            statement.push_str(" NOT NULL");
        }
        if let Some(default) = default {
            statement.push_str(" DEFAULT ");
            statement.push_str(&default);
        }
        if let Some(reference) = &field.references {
            let tables = &self.desired.tables;
            let _infallible = write!(
                statement,
                " REFERENCES {} ({}) ON DELETE {}",
                quoted(tables.table_name(&reference.model)),
                quoted(tables.column_name(&reference.model, &reference.field)),
                ddl::on_delete(reference.on_delete())
            );
        }
        let mut statements = vec![statement];
        if field.unique() || field.index() {
            statements.extend(ddl::create_index(
                table,
                &column.column,
                field.unique(),
                false,
            ));
        }
        Difference::change(table, Some(&column.column), "is missing", statements)
    }
}

/// The default of the column, so that rows that are there have a value, and rows that others add.
fn default(field: &AdditionalField, column_type: ColumnType) -> Option<String> {
    if field.defaults_to_now() {
        return Some("CURRENT_TIMESTAMP".to_owned());
    }
    match field.default_value.as_ref()? {
        Value::Null => None,
        value if column_type == ColumnType::Json => {
            Some(format!("{}::jsonb", literal(&value.to_string())))
        }
        Value::String(text) => Some(literal(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether values of `column_type` can be stored in a column of the type `found`, and read again.
fn fits(column_type: ColumnType, found: &str) -> bool {
    match column_type {
        ColumnType::String => matches!(found, "text" | "character varying" | "citext" | "uuid"),
        ColumnType::Number | ColumnType::Bigint => matches!(
            found,
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision"
        ),
        ColumnType::Boolean => found == "boolean",
        ColumnType::Date => matches!(found, "timestamp with time zone" | "date"),
        ColumnType::Json => matches!(found, "json" | "jsonb"),
        ColumnType::Id => matches!(
            found,
            "text" | "character varying" | "uuid" | "integer" | "bigint"
        ),
    }
}
