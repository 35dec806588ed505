//! Questions about rows, without which it is not known whether a difference can be changed.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::db::quoted;

/// Whether `table` has a row.
pub(super) async fn has_rows(connection: &mut PgConnection, table: &str) -> sqlx::Result<bool> {
    ask(
        connection,
        format!("SELECT EXISTS (SELECT FROM {})", quoted(table)),
    )
    .await
}

/// Whether `column` is null in a row of `table`.
pub(super) async fn has_nulls(
    connection: &mut PgConnection,
    table: &str,
    column: &str,
) -> sqlx::Result<bool> {
    let (table, column) = (quoted(table), quoted(column));
    let sql = format!("SELECT EXISTS (SELECT FROM {table} WHERE {column} IS NULL)");
    ask(connection, sql).await
}

/// Whether two rows of `table` have the same value in `column`.
pub(super) async fn has_duplicates(
    connection: &mut PgConnection,
    table: &str,
    column: &str,
) -> sqlx::Result<bool> {
    let (table, column) = (quoted(table), quoted(column));
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {table} WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) > 1)"
    );
    ask(connection, sql).await
}

/// How many rows of `table` refer by `column` to a row of `users` that does not exist.
pub(super) async fn orphans(
    connection: &mut PgConnection,
    table: &str,
    column: &str,
    users: &str,
) -> sqlx::Result<i64> {
    let (table, column, users) = (quoted(table), quoted(column), quoted(users));
    let sql = format!(
        r#"SELECT count(*) FROM {table} t WHERE t.{column} IS NOT NULL
           AND NOT EXISTS (SELECT FROM {users} u WHERE u."id" = t.{column})"#
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(connection)
        .await
}

/// Whether Postgres knows the time zone `name`.
pub(super) async fn is_time_zone(connection: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)")
        .bind(name)
        .fetch_one(connection)
        .await
}

async fn ask(connection: &mut PgConnection, sql: String) -> sqlx::Result<bool> {
    // Names come from the settings and the catalog, and are quoted.
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(connection)
        .await
}
