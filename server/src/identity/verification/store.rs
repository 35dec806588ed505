//! Verifications in the database.

use sqlx::{Row as _, postgres::PgRow};
use time::OffsetDateTime;

use super::{NewVerification, Verification};
use crate::db::{Batch, Conn, Removed};

fn read(row: &PgRow) -> sqlx::Result<Verification> {
    Ok(Verification {
        id: row.try_get(0)?,
        identifier: row.try_get(1)?,
        value: row.try_get(2)?,
        expires_at: row.try_get(3)?,
    })
}

/// Adds a verification under `identifier`. Others with the same identifier stay, and are outdated by it.
pub(super) async fn create(
    db: &mut Conn,
    verification: &NewVerification<'_>,
    identifier: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = "
        INSERT INTO {verification}
            ({verification.id}, {verification.identifier}, {verification.value}, {verification.expiresAt},
             {verification.createdAt}, {verification.updatedAt})
        VALUES ({verification.newId:$1}, $2, $3, $4, $5, $5)";
    let query = sqlx::query(db.sql(SQL))
        .bind(&verification.id)
        .bind(identifier)
        .bind(verification.value)
        .bind(verification.expires_at)
        .bind(now);
    query.execute(&mut **db).await?;
    Ok(())
}

/// The newest verification for `identifier`, if it has not ended at `now`. It can be found again.
pub(super) async fn find(
    db: &mut Conn,
    identifier: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Verification>> {
    const SQL: &str = "
        SELECT {verification.*:v} FROM {verification} v
        WHERE v.{verification.identifier} = $1
        ORDER BY v.{verification.createdAt} DESC NULLS LAST LIMIT 1";
    fetch(db, SQL, identifier, now).await
}

/// Takes the newest verification for `identifier` out of the database, with all older ones. Of several requests at
/// once, one gets it. It is none if it has ended at `now`.
pub(super) async fn consume(
    db: &mut Conn,
    identifier: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Verification>> {
    const SQL: &str = "
        WITH v AS (DELETE FROM {verification} WHERE {verification.identifier} = $1 RETURNING *)
        SELECT {verification.*:v} FROM v ORDER BY v.{verification.createdAt} DESC NULLS LAST LIMIT 1";
    fetch(db, SQL, identifier, now).await
}

async fn fetch(
    db: &mut Conn,
    sql: &'static str,
    identifier: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Verification>> {
    if identifier.contains('\0') {
        // Postgres stores no such text, and refuses to look for one.
        return Ok(None);
    }
    let query = sqlx::query(db.sql(sql)).bind(identifier);
    let row = query.fetch_optional(&mut **db).await?;
    let found = row.map(|row| read(&row)).transpose()?;
    Ok(found.filter(|found| found.expires_at >= now))
}

/// Removes verifications that ended long enough ago: see [`Batch`].
pub(crate) async fn remove_ended(db: &mut Conn, batch: &Batch) -> sqlx::Result<Option<Removed>> {
    const SQL: &str = "
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine), gone AS (
            DELETE FROM {verification} WHERE ctid = ANY (ARRAY(
                SELECT v.ctid FROM {verification} v
                WHERE (SELECT mine FROM turn)
                    AND v.{verification.expiresAt} >= $2 AND v.{verification.expiresAt} < $3
                ORDER BY v.{verification.expiresAt} LIMIT $4 FOR UPDATE SKIP LOCKED)) AND {verification.expiresAt} < $3
            RETURNING {verification.expiresAt} AS at)
        SELECT (SELECT mine FROM turn), count(*), max(at) FROM gone";
    batch.run(db, SQL).await
}
