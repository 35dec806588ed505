//! The audit log in the database.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Event;
use crate::{
    db::{Batch, Conn, Removed},
    outbox::Result,
};

/// Adds a row.
pub(super) async fn insert(
    db: &mut PgConnection,
    event: &Event,
    now: OffsetDateTime,
) -> Result<()> {
    const SQL: &str = r#"
        INSERT INTO authbackend_audit
            (event, "userId", "sessionId", "ipAddress", "userAgent", data, "createdAt")
        VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)"#;
    let data =
        serde_json::to_string(&event.data).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(SQL)
        .bind(event.kind.as_str())
        .bind(&event.user_id)
        .bind(&event.session_id)
        .bind(&event.ip_address)
        .bind(&event.user_agent)
        .bind(data)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes rows that are old enough: see [`Batch`].
pub(crate) async fn remove_old(db: &mut Conn, batch: &Batch) -> Result<Option<Removed>> {
    const SQL: &str = r#"
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine), gone AS (
            DELETE FROM authbackend_audit WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM authbackend_audit
                WHERE (SELECT mine FROM turn) AND "createdAt" >= $2 AND "createdAt" < $3
                ORDER BY "createdAt" LIMIT $4 FOR UPDATE SKIP LOCKED)) AND "createdAt" < $3
            RETURNING "createdAt" AS at)
        SELECT (SELECT mine FROM turn), count(*), max(at) FROM gone"#;
    batch.run(db, SQL).await
}
