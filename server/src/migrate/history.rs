//! The bookkeeping: which migrations the database has.

use sqlx::{AssertSqlSafe, PgConnection, Row as _, postgres::PgRow};

use super::{Migration, difference::Difference};

/// One row of the bookkeeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) version: i64,
    pub(super) checksum: String,
    /// The migration that a server must know to work with this one.
    pub(super) min_server_version: Option<i64>,
    /// False for a migration without a transaction that began and did not end.
    pub(super) is_complete: bool,
}

/// What a server must know to work with the row `m`. Bookkeeping of releases without contracts has no column for it.
pub(crate) const MIN_SERVER_VERSION: &str = "coalesce((to_jsonb(m) ->> 'minServerVersion')::bigint, CASE WHEN class = 'contract' THEN version END)";

/// Reads what was applied, by version; nothing where no migrator has been yet.
pub(super) async fn read(connection: &mut PgConnection) -> sqlx::Result<Vec<Record>> {
    let exists: bool =
        sqlx::query_scalar("SELECT to_regclass('authbackend_migration') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query(
        AssertSqlSafe(format!(
        r#"SELECT version, checksum, "appliedAt" IS NOT NULL AS complete, {MIN_SERVER_VERSION} AS min_server_version
           FROM authbackend_migration m ORDER BY version"#,
    )))
    .try_map(|row: PgRow| {
        Ok(Record {
            version: row.try_get("version")?,
            checksum: row.try_get("checksum")?,
            min_server_version: row.try_get("min_server_version")?,
            is_complete: row.try_get("complete")?,
        })
    })
    .fetch_all(connection)
    .await
}

/// Makes the bookkeeping table. Belongs into the transaction of the first migration, so that one that fails
/// leaves nothing behind.
pub(super) async fn ensure_table(connection: &mut PgConnection) -> sqlx::Result<()> {
    let statement = r#"CREATE TABLE IF NOT EXISTS authbackend_migration (
        version bigint NOT NULL PRIMARY KEY, name text NOT NULL, class text NOT NULL, checksum text NOT NULL,
        "appliedAt" timestamptz, "durationMs" bigint, "minServerVersion" bigint)"#;
    sqlx::raw_sql(statement).execute(connection).await?;
    Ok(())
}

/// Whether the bookkeeping table is one of before there were contracts.
pub(super) async fn is_outdated(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT to_regclass('authbackend_migration') IS NOT NULL AND NOT EXISTS (
             SELECT FROM pg_attribute
             WHERE attrelid = to_regclass('authbackend_migration') AND attname = 'minServerVersion')",
    )
    .fetch_one(connection)
    .await
}

/// Brings such a table up to date. In a statement of its own: in the transaction of a migration its lock would keep
/// servers from reading the version for as long as that takes.
pub(super) async fn update_table(connection: &mut PgConnection) -> sqlx::Result<()> {
    let statement =
        r#"ALTER TABLE authbackend_migration ADD COLUMN IF NOT EXISTS "minServerVersion" bigint"#;
    sqlx::raw_sql(statement).execute(connection).await?;
    Ok(())
}

/// Notes that `migration` begins.
pub(super) async fn begin(
    connection: &mut PgConnection,
    migration: &Migration,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"INSERT INTO authbackend_migration (version, name, class, checksum, "minServerVersion") VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (version) DO UPDATE SET name = $2, class = $3, checksum = $4, "minServerVersion" = $5"#,
    )
    .bind(migration.version)
    .bind(&migration.name)
    .bind(migration.class.as_str())
    .bind(&migration.checksum)
    .bind(migration.min_server_version())
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that the migration `version` took `milliseconds` and is complete.
pub(super) async fn complete(
    connection: &mut PgConnection,
    version: i64,
    milliseconds: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"UPDATE authbackend_migration SET "appliedAt" = clock_timestamp(), "durationMs" = $2 WHERE version = $1"#,
    )
    .bind(version)
    .bind(milliseconds)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that `difference` was changed, which took `milliseconds`.
pub(super) async fn note_change(
    connection: &mut PgConnection,
    difference: &Difference,
    milliseconds: i64,
) -> sqlx::Result<()> {
    let statement = r#"CREATE TABLE IF NOT EXISTS authbackend_schema_change (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, difference text NOT NULL, statements text[] NOT NULL,
        "appliedAt" timestamptz NOT NULL, "durationMs" bigint NOT NULL)"#;
    sqlx::raw_sql(statement).execute(&mut *connection).await?;
    sqlx::query(
        r#"INSERT INTO authbackend_schema_change (difference, statements, "appliedAt", "durationMs")
           VALUES ($1, $2, clock_timestamp(), $3)"#,
    )
    .bind(difference.to_string())
    .bind(&difference.statements)
    .bind(milliseconds)
    .execute(connection)
    .await?;
    Ok(())
}
