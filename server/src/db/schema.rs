//! Whether the database has what this version of the server and its settings need: migrations, tables and columns.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::Tables;
use crate::migrate::{MIN_SERVER_VERSION, REQUIRED_VERSION, columns_in_use};

/// What the database says about its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Everything that this version needs is there.
    Ready {
        /// The newest migration applied.
        version: i64,
    },
    /// `auth-server migrate` has to run first.
    TooOld {
        /// The newest migration applied, 0 for none.
        version: i64,
    },
    /// A newer version has removed what this one uses.
    TooNew {
        /// The migration that a server has to know.
        needed: i64,
    },
    /// The settings name tables or columns that are not there: `auth-server migrate` has to run with them first.
    Lacking {
        /// One of them: `users`, or `user.plan`.
        name: String,
    },
}

impl Schema {
    /// Asks the database. `known` are the versions of the migrations that this server knows; tables and columns are
    /// called as in `tables`.
    pub async fn read(
        connection: &mut PgConnection,
        known: &[i64],
        tables: &Tables,
    ) -> sqlx::Result<Self> {
        let is_migrated: bool =
            sqlx::query_scalar("SELECT to_regclass('authbackend_migration') IS NOT NULL")
                .fetch_one(&mut *connection)
                .await?;
        if !is_migrated {
            return Ok(Self::TooOld { version: 0 });
        }
        let query = format!(
            r#"SELECT coalesce(max(version) FILTER (WHERE "appliedAt" IS NOT NULL), 0) AS version,
                      coalesce(bool_or(version = $1 AND "appliedAt" IS NOT NULL), false) AS has_required,
                      max({MIN_SERVER_VERSION}) FILTER (WHERE {MIN_SERVER_VERSION} <> ALL ($2)) AS needed
               FROM authbackend_migration m"#
        );
        let row = sqlx::query(AssertSqlSafe(query))
            .bind(REQUIRED_VERSION)
            .bind(known)
            .fetch_one(&mut *connection)
            .await?;
        let version = row.try_get("version")?;
        Ok(
            match (row.try_get("needed")?, row.try_get("has_required")?) {
                (Some(needed), _) => Self::TooNew { needed },
                (None, true) => match lacking(connection, tables).await? {
                    Some(name) => Self::Lacking { name },
                    None => Self::Ready { version },
                },
                (None, false) => Self::TooOld { version },
            },
        )
    }
}

/// A table or column in use that the database does not have.
async fn lacking(connection: &mut PgConnection, tables: &Tables) -> sqlx::Result<Option<String>> {
    let query = "
        SELECT wanted.table_name, wanted.column_name, c.oid IS NULL AS has_no_table
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted(table_name, column_name, position)
        LEFT JOIN pg_class c ON c.oid = to_regclass(quote_ident(wanted.table_name))
        WHERE NOT EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND a.attname = wanted.column_name AND a.attnum > 0 AND NOT a.attisdropped)
        ORDER BY wanted.position LIMIT 1";
    let (names, columns): (Vec<&str>, Vec<&str>) = columns_in_use(tables).into_iter().unzip();
    let row = sqlx::query(query).bind(names).bind(columns);
    let Some(row) = row.fetch_optional(connection).await? else {
        return Ok(None);
    };
    let table: String = row.try_get("table_name")?;
    let column: String = row.try_get("column_name")?;
    Ok(Some(if row.try_get("has_no_table")? {
        table
    } else {
        format!("{table}.{column}")
    }))
}
