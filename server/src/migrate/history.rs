//! The bookkeeping: which migrations the database has.

use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{Migration, difference::Difference};

/// One row of the bookkeeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) version: i64,
    pub(super) checksum: String,
    /// False for a migration without a transaction that began and did not end.
    pub(super) is_complete: bool,
}

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
        r#"SELECT version, checksum, "appliedAt" IS NOT NULL AS complete FROM authbackend_migration ORDER BY version"#,
    )
    .try_map(|row: PgRow| {
        Ok(Record {
            version: row.try_get("version")?,
            checksum: row.try_get("checksum")?,
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
        "appliedAt" timestamptz, "durationMs" bigint)"#;
    sqlx::raw_sql(statement).execute(connection).await?;
    Ok(())
}

/// Notes that `migration` begins.
pub(super) async fn begin(
    connection: &mut PgConnection,
    migration: &Migration,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO authbackend_migration (version, name, class, checksum) VALUES ($1, $2, $3, $4)
         ON CONFLICT (version) DO UPDATE SET name = $2, class = $3, checksum = $4",
    )
    .bind(migration.version)
    .bind(&migration.name)
    .bind(migration.class.as_str())
    .bind(&migration.checksum)
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
