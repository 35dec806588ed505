//! The audit log in the database.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Event;
use crate::outbox::Result;

/// Rows removed by one statement, so that none takes long.
pub(super) const BATCH: i64 = 5_000;

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

/// Removes at most [`BATCH`] rows from before `end`; whether there may be more.
pub(super) async fn remove_before(db: &mut PgConnection, end: OffsetDateTime) -> Result<bool> {
    const SQL: &str = r#"
        DELETE FROM authbackend_audit WHERE id IN (
            SELECT id FROM authbackend_audit WHERE "createdAt" < $1
            ORDER BY "createdAt" LIMIT $2 FOR UPDATE SKIP LOCKED
        )"#;
    let done = sqlx::query(SQL).bind(end).bind(BATCH).execute(db).await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(BATCH) >= BATCH)
}
