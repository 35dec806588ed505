//! The outbox in the database. Its clock is the database's, which all replicas share.

use std::time::Duration;

use serde::Serialize;
use sqlx::{PgConnection, Row as _};

/// Why a statement failed.
pub use sqlx::Error;

use super::Item;
use crate::db::{Batch, Conn, Removed};

/// What a statement gives.
pub type Result<T> = sqlx::Result<T>;

/// Longest text of an error that is kept, in characters.
const ERROR_LENGTH: usize = 500;

/// Adds a message that is due at once.
pub(super) async fn insert(
    db: &mut PgConnection,
    kind: &str,
    message_id: &str,
    payload: &impl Serialize,
) -> Result<()> {
    const SQL: &str = r#"
        INSERT INTO authbackend_outbox (kind, "messageId", payload) VALUES ($1, $2, $3::jsonb)"#;
    let payload = serde_json::to_string(payload).map_err(|error| Error::Encode(error.into()))?;
    sqlx::query(SQL)
        .bind(kind)
        .bind(message_id)
        .bind(payload)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes the message that is due the longest, to none of the receivers that are `full`, for the time of `lease`.
pub(super) async fn claim(
    db: &mut PgConnection,
    kind: &str,
    full: &[String],
    lease: Duration,
) -> Result<Option<Item>> {
    const SQL: &str = r#"
        UPDATE authbackend_outbox o
        SET attempts = o.attempts + 1, "nextAttemptAt" = now() + make_interval(secs => $3)
        FROM (
            SELECT id, CASE kind WHEN 'webhook' THEN COALESCE(payload->>'url', '') ELSE '' END AS receiver
            FROM authbackend_outbox
            WHERE kind = $1 AND "deadAt" IS NULL AND "nextAttemptAt" <= now()
                AND CASE kind WHEN 'webhook' THEN COALESCE(payload->>'url', '') ELSE '' END <> ALL ($2::text[])
            ORDER BY "nextAttemptAt", id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) due
        WHERE o.id = due.id
        RETURNING o.id, o."messageId", COALESCE(o.payload::text, ''), o.attempts, due.receiver"#;
    let row = sqlx::query(SQL)
        .bind(kind)
        .bind(full)
        .bind(lease.as_secs_f64())
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        let attempt: i32 = row.try_get(3)?;
        Ok(Item {
            id: row.try_get(0)?,
            message_id: row.try_get(1)?,
            payload: row.try_get(2)?,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            receiver: row.try_get(4)?,
        })
    })
    .transpose()
}

/// Removes a message that was sent.
pub(super) async fn remove(db: &mut PgConnection, item: &Item) -> Result<()> {
    const SQL: &str = "DELETE FROM authbackend_outbox WHERE id = $1";
    sqlx::query(SQL).bind(item.id).execute(db).await?;
    Ok(())
}

/// Puts a message off, unless another attempt has begun in the meantime.
pub(super) async fn put_off(
    db: &mut PgConnection,
    item: &Item,
    pause: Duration,
    error: &str,
) -> Result<()> {
    const SQL: &str = r#"
        UPDATE authbackend_outbox
        SET "nextAttemptAt" = now() + make_interval(secs => $3), "lastError" = $4
        WHERE id = $1 AND attempts = $2 AND "deadAt" IS NULL"#;
    sqlx::query(SQL)
        .bind(item.id)
        .bind(attempts(item))
        .bind(pause.as_secs_f64())
        .bind(shortened(error))
        .execute(db)
        .await?;
    Ok(())
}

/// Gives a message up, unless another attempt has begun in the meantime.
pub(super) async fn give_up(db: &mut PgConnection, item: &Item, error: &str) -> Result<()> {
    const SQL: &str = r#"
        UPDATE authbackend_outbox SET "deadAt" = now(), "lastError" = $3
        WHERE id = $1 AND attempts = $2 AND "deadAt" IS NULL"#;
    sqlx::query(SQL)
        .bind(item.id)
        .bind(attempts(item))
        .bind(shortened(error))
        .execute(db)
        .await?;
    Ok(())
}

/// How many messages of each kind wait to be sent.
pub(super) async fn pending(db: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    const SQL: &str = r#"
        SELECT kind, count(*) FROM authbackend_outbox WHERE "deadAt" IS NULL GROUP BY kind"#;
    let rows = sqlx::query(SQL).fetch_all(db).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Empties messages that were given up long enough ago: see [`Batch`].
pub(crate) async fn empty_dead(db: &mut Conn, batch: &Batch) -> Result<Option<Removed>> {
    const SQL: &str = r#"
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine), emptied AS (
            UPDATE authbackend_outbox SET payload = NULL WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM authbackend_outbox
                WHERE (SELECT mine FROM turn) AND "deadAt" >= $2 AND "deadAt" < $3 AND payload IS NOT NULL
                ORDER BY "deadAt" LIMIT $4 FOR UPDATE SKIP LOCKED)) AND "deadAt" < $3
            RETURNING "deadAt" AS at)
        SELECT (SELECT mine FROM turn), count(*), max(at) FROM emptied"#;
    batch.run(db, SQL).await
}

/// Removes messages that were given up long enough ago: see [`Batch`].
pub(crate) async fn remove_dead(db: &mut Conn, batch: &Batch) -> Result<Option<Removed>> {
    const SQL: &str = r#"
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine), gone AS (
            DELETE FROM authbackend_outbox WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM authbackend_outbox
                WHERE (SELECT mine FROM turn) AND "deadAt" >= $2 AND "deadAt" < $3
                ORDER BY "deadAt" LIMIT $4 FOR UPDATE SKIP LOCKED)) AND "deadAt" < $3
            RETURNING "deadAt" AS at)
        SELECT (SELECT mine FROM turn), count(*), max(at) FROM gone"#;
    batch.run(db, SQL).await
}

fn attempts(item: &Item) -> i32 {
    i32::try_from(item.attempt).unwrap_or(i32::MAX)
}

/// Text that Postgres can store: other servers wrote a part of it.
fn shortened(error: &str) -> String {
    let characters = error.chars().filter(|c| *c != '\0');
    characters.take(ERROR_LENGTH).collect()
}
