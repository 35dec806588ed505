//! Templates of statements.

use std::fmt::Write as _;

use authbackend_crds::auth::TABLES;

use super::{AdditionalColumn, ColumnType, IdKind, Tables};

/// Columns that hold an id, in every table. `accountId` is an id of the provider, which is text.
const IDS: [&str; 2] = ["id", "userId"];

/// Whether better-auth calls a table `name`.
pub(super) fn is_table(name: &str) -> bool {
    TABLES.iter().any(|(table, _)| *table == name)
}

impl Tables {
    /// Replaces what is in braces. A template is part of the program: what it does not name right, Postgres refuses.
    pub(super) fn render(&self, template: &str) -> String {
        let mut sql = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (placeholder, after) = after.split_once('}').unwrap_or((after, ""));
            sql.push_str(before);
            self.placeholder(&mut sql, placeholder);
            rest = after;
        }
        sql.push_str(rest);
        sql
    }

    fn placeholder(&self, sql: &mut String, placeholder: &str) {
        if placeholder == "id" {
            sql.push_str(self.ids.sql_type());
            return;
        }
        let (name, argument) = placeholder.split_once(':').unwrap_or((placeholder, ""));
        match name.split_once('.') {
            None => quote(sql, self.table_name(name)),
            Some((table, "*")) => self.read_columns(sql, table, argument),
            Some((table, "newId")) => self.new_id(sql, table, argument),
            Some((table, "+columns")) => {
                for column in self.additional(table) {
                    sql.push_str(", ");
                    quote(sql, &column.column);
                }
            }
            Some((table, "+values")) => {
                for column in self.additional(table) {
                    sql.push_str(", ");
                    self.value(sql, column, argument);
                }
            }
            Some((table, "+set")) => {
                for column in self.additional(table) {
                    sql.push_str(", ");
                    quote(sql, &column.column);
                    let field = literal(&column.field);
                    let _infallible = write!(sql, " = CASE WHEN {argument}::jsonb ? {field} THEN ");
                    self.value(sql, column, argument);
                    sql.push_str(" ELSE ");
                    quote(sql, &column.column);
                    sql.push_str(" END");
                }
            }
            Some((table, column)) => quote(sql, self.column_name(table, column)),
        }
    }

    /// Every column that a store reads, the id first, and the additional ones that clients see as one JSON object.
    fn read_columns(&self, sql: &mut String, table: &str, alias: &str) {
        let columns = TABLES
            .into_iter()
            .find(|(known, _)| *known == table)
            .map_or(&[][..], |(_, columns)| columns);
        for column in std::iter::once(&"id").chain(columns) {
            sql.push_str(alias);
            sql.push('.');
            quote(sql, self.column_name(table, column));
            if IDS.contains(column) {
                sql.push_str("::text");
            }
            sql.push_str(", ");
        }
        let returned = self.additional(table).iter().filter(|it| it.is_returned);
        let mut separator = "jsonb_build_object(";
        for column in returned {
            let field = literal(&column.field);
            let _infallible = write!(sql, "{separator}{field}, ");
            separator = ", ";
            read(sql, column, alias);
        }
        // Null stands for none, so that nobody who adds no column pays for them.
        sql.push_str(if separator == ", " {
            ")"
        } else {
            "NULL::jsonb"
        });
    }

    fn new_id(&self, sql: &mut String, table: &str, parameter: &str) {
        if self.ids == IdKind::Serial {
            let mut table_name = String::new();
            quote(&mut table_name, self.table_name(table));
            let table_name = literal(&table_name);
            let column = literal(self.column_name(table, "id"));
            let _infallible = write!(
                sql,
                "nextval(pg_get_serial_sequence({table_name}, {column}))"
            );
        } else {
            let _infallible = write!(sql, "{parameter}::{}", self.ids.sql_type());
        }
    }

    /// The value of a column in the JSON object `object`.
    fn value(&self, sql: &mut String, column: &AdditionalColumn, object: &str) {
        let field = literal(&column.field);
        let _infallible = match column.column_type {
            ColumnType::Json => write!(sql, "NULLIF({object}::jsonb -> {field}, 'null')"),
            other => write!(
                sql,
                "({object}::jsonb ->> {field})::{}",
                other.sql_type(self.ids)
            ),
        };
    }
}

/// The value of a column as it goes into a JSON object: dates as JavaScript writes them,
/// and ids and numbers of 64 bits, which JavaScript cannot hold, as text.
fn read(sql: &mut String, column: &AdditionalColumn, alias: &str) {
    let mut name = format!("{alias}.");
    quote(&mut name, &column.column);
    let _infallible = match column.column_type {
        ColumnType::Date => write!(
            sql,
            r#"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#
        ),
        ColumnType::Bigint | ColumnType::Id => write!(sql, "{name}::text"),
        _ => write!(sql, "{name}"),
    };
}

/// Appends an identifier in quotes.
pub(super) fn quote(sql: &mut String, name: &str) {
    sql.push('"');
    sql.push_str(&name.replace('"', "\"\""));
    sql.push('"');
}

/// A literal text.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::db::TableNames;

    fn renamed(ids: IdKind) -> Tables {
        let column = |field: &str, column_type, is_returned| AdditionalColumn {
            field: field.to_owned(),
            column: format!("{field}_col"),
            column_type,
            is_returned,
        };
        let names = TableNames {
            table: Some("us\"ers".to_owned()),
            columns: HashMap::from([("emailVerified".to_owned(), "email_verified".to_owned())]),
            additional: vec![
                column("plan", ColumnType::String, true),
                column("born", ColumnType::Date, true),
                column("tags", ColumnType::Json, false),
            ],
        };
        Tables::new(ids, HashMap::from([("user", names)]))
    }

    #[test]
    fn names_are_better_auths_unless_they_are_changed() {
        let template = "SELECT u.{user.emailVerified} FROM {user} u, {session}";
        assert_eq!(
            Tables::default().render(template),
            r#"SELECT u."emailVerified" FROM "user" u, "session""#
        );
        assert_eq!(
            renamed(IdKind::Text).render(template),
            r#"SELECT u."email_verified" FROM "us""ers" u, "session""#
        );
    }

    #[test]
    fn ids_are_read_as_text_and_compared_in_their_own_type() {
        for (ids, sql_type) in [
            (IdKind::Text, "text"),
            (IdKind::Uuid, "uuid"),
            (IdKind::Serial, "bigint"),
        ] {
            let tables = Tables::new(ids, HashMap::new());
            assert_eq!(tables.render("$1::{id}"), format!("$1::{sql_type}"));
        }
        assert_eq!(
            Tables::default().render("{verification.*:v}"),
            r#"v."id"::text, v."identifier", v."value", v."expiresAt", v."createdAt", v."updatedAt", NULL::jsonb"#
        );
    }

    #[test]
    fn a_new_id_is_given_or_counted_by_the_database() {
        let new_id = |ids| renamed(ids).render("{user.newId:$3}");
        assert_eq!(new_id(IdKind::Text), "$3::text");
        assert_eq!(new_id(IdKind::Uuid), "$3::uuid");
        assert_eq!(
            new_id(IdKind::Serial),
            r#"nextval(pg_get_serial_sequence('"us""ers"', 'id'))"#
        );
    }

    #[test]
    fn additional_columns_are_written_from_one_object_and_read_as_one() {
        let tables = renamed(IdKind::Text);
        assert_eq!(
            tables.render("{user.+columns}"),
            r#", "plan_col", "born_col", "tags_col""#
        );
        assert_eq!(
            tables.render("{user.+values:$9}"),
            ", ($9::jsonb ->> 'plan')::text, ($9::jsonb ->> 'born')::timestamptz, \
             NULLIF($9::jsonb -> 'tags', 'null')"
        );
        let read = tables.render("{user.*:u}");
        assert!(
            read.ends_with(
                r#"jsonb_build_object('plan', u."plan_col", 'born', to_char(u."born_col" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))"#
            ),
            "{read}"
        );
    }

    #[test]
    fn only_the_additional_columns_that_are_given_are_changed() {
        let set = renamed(IdKind::Text).render("{user.+set:$2}");
        assert!(
            set.starts_with(
                r#", "plan_col" = CASE WHEN $2::jsonb ? 'plan' THEN ($2::jsonb ->> 'plan')::text ELSE "plan_col" END"#
            ),
            "{set}"
        );
        assert_eq!(Tables::default().render("{user.+set:$2}"), "");
    }

    #[test]
    fn a_statement_is_rendered_once() {
        let tables = Tables::default();
        let template = "SELECT FROM {user}";
        let (first, second) = (tables.sql(template).0, tables.sql(template).0);
        assert!(std::sync::Arc::ptr_eq(&first, &second));
    }
}
