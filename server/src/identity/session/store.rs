//! Sessions in the database.

mod proved;
mod shared;

use sqlx::{Row as _, postgres::PgRow, types::Json};
use time::OffsetDateTime;

use super::{NewSession, Session, SessionUser};
use crate::{
    db::{Batch, Conn, Removed, Timestamp},
    identity::user,
};

pub use proved::open_proved;
pub use shared::{end, end_all, prolong};

/// How many columns `{session.*:s}` stands for.
const COLUMNS: usize = 9;

fn read(row: &PgRow) -> sqlx::Result<Session> {
    Ok(Session {
        id: row.try_get(0)?,
        expires_at: row.try_get::<Timestamp, _>(1)?.0,
        token: row.try_get(2)?,
        created_at: row.try_get::<Timestamp, _>(3)?.0,
        updated_at: row.try_get::<Timestamp, _>(4)?.0,
        ip_address: row.try_get(5)?,
        user_agent: row.try_get(6)?,
        user_id: row.try_get(7)?,
        additional: user::store::read_additional(row, 8)?,
    })
}

/// Reads a session and its user from the columns of `{session.*:s}, {user.*:u}`.
fn read_with_user(row: &PgRow) -> sqlx::Result<SessionUser> {
    Ok(SessionUser {
        session: read(row)?,
        user: user::store::read(row, COLUMNS)?,
    })
}

/// The session with `token` and its user, expired or not.
pub async fn by_token(db: &mut Conn, token: &str) -> sqlx::Result<Option<SessionUser>> {
    const SQL: &str = "
        SELECT {session.*:s}, {user.*:u}
        FROM {session} s JOIN {user} u ON u.{user.id} = s.{session.userId}
        WHERE s.{session.token} = $1";
    let query = sqlx::query(db.sql(SQL)).bind(token);
    let row = query.fetch_optional(&mut **db).await?;
    row.as_ref().map(read_with_user).transpose()
}

/// The sessions with `tokens` and their users, expired or not, in any order.
pub async fn by_tokens(db: &mut Conn, tokens: &[&str]) -> sqlx::Result<Vec<SessionUser>> {
    // How many tokens come out of a subquery the planner cannot know: it finds no plan for their number better than
    // the one for any number, and so does not plan anew each time.
    const SQL: &str = "
        SELECT {session.*:s}, {user.*:u}
        FROM {session} s JOIN {user} u ON u.{user.id} = s.{session.userId}
        WHERE s.{session.token} = ANY ((SELECT $1::text[])::text[])";
    let query = sqlx::query(db.sql(SQL)).bind(tokens);
    let rows = query.fetch_all(&mut **db).await?;
    rows.iter().map(read_with_user).collect()
}

/// The sessions of a user that have not ended at `now`, the oldest first.
pub async fn active(
    db: &mut Conn,
    user_id: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Session>> {
    const SQL: &str = "
        SELECT {session.*:s} FROM {session} s
        WHERE s.{session.userId} = $1::{id} AND s.{session.expiresAt} > $2
        ORDER BY s.{session.createdAt}, s.{session.id}";
    let query = sqlx::query(db.sql(SQL)).bind(user_id).bind(now);
    let rows = query.fetch_all(&mut **db).await?;
    rows.iter().map(read).collect()
}

/// Adds a session and returns its id.
pub async fn open(db: &mut Conn, session: &NewSession) -> sqlx::Result<String> {
    const SQL: &str = "
        INSERT INTO {session}
            ({session.id}, {session.expiresAt}, {session.token}, {session.createdAt}, {session.updatedAt},
             {session.ipAddress}, {session.userAgent}, {session.userId}{session.+columns})
        VALUES ({session.newId:$1}, $2, $3, $4, $4, $5, $6, $7::{id}{session.+values:$8})
        RETURNING {session.id}::text";
    let query = sqlx::query_scalar(db.sql(SQL))
        .bind(&session.id)
        .bind(session.expires_at)
        .bind(&session.token)
        .bind(session.created_at)
        .bind(&session.ip_address)
        .bind(&session.user_agent)
        .bind(&session.user_id)
        .bind(Json(&session.additional));
    query.fetch_one(&mut **db).await
}

/// Extends `session` until `expires_at`, unless another request has done so since it was read. Returns whether
/// this one did.
pub async fn extend(
    db: &mut Conn,
    session: &Session,
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    const SQL: &str = "
        UPDATE {session} SET {session.expiresAt} = $3, {session.updatedAt} = $4
        WHERE {session.token} = $1 AND {session.expiresAt} = $2";
    let query = sqlx::query(db.sql(SQL))
        .bind(&session.token)
        .bind(session.expires_at)
        .bind(expires_at)
        .bind(now);
    let done = query.execute(&mut **db).await?;
    db.changed(&session.user_id);
    Ok(done.rows_affected() > 0)
}

/// Removes the session with `token`, whoever's it is. Returns its id and that of its user, if there was one.
pub async fn close(db: &mut Conn, token: &str) -> sqlx::Result<Option<(String, String)>> {
    const SQL: &str = "
        DELETE FROM {session} WHERE {session.token} = $1
        RETURNING {session.id}::text, {session.userId}::text";
    let query = sqlx::query_as(db.sql(SQL)).bind(token);
    let closed: Option<(String, String)> = query.fetch_optional(&mut **db).await?;
    if let Some((_, user_id)) = &closed {
        db.changed(user_id);
    }
    Ok(closed)
}

/// Removes the session with `token` if it has ended at `now`.
pub async fn remove_expired(db: &mut Conn, token: &str, now: OffsetDateTime) -> sqlx::Result<()> {
    const SQL: &str = "
        DELETE FROM {session} WHERE {session.token} = $1 AND {session.expiresAt} < $2
        RETURNING {session.userId}::text";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(token).bind(now);
    let user_id: Option<String> = query.fetch_optional(&mut **db).await?;
    if let Some(user_id) = user_id {
        db.changed(&user_id);
    }
    Ok(())
}

/// Removes sessions that ended long enough ago: see [`Batch`]. Nobody needs to be told: no copy of a session is used after its
/// end.
pub(crate) async fn remove_ended(db: &mut Conn, batch: &Batch) -> sqlx::Result<Option<Removed>> {
    const SQL: &str = "
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS mine), gone AS (
            DELETE FROM {session} WHERE ctid = ANY (ARRAY(
                SELECT s.ctid FROM {session} s
                WHERE (SELECT mine FROM turn)
                    AND s.{session.expiresAt} >= $2 AND s.{session.expiresAt} < $3
                ORDER BY s.{session.expiresAt} LIMIT $4 FOR UPDATE SKIP LOCKED)) AND {session.expiresAt} < $3
            RETURNING {session.expiresAt} AS at)
        SELECT (SELECT mine FROM turn), count(*), max(at) FROM gone";
    batch.run(db, SQL).await
}

/// Removes the session with `token` if it belongs to the user `user_id`. Returns the ids of those removed.
pub async fn revoke(db: &mut Conn, user_id: &str, token: &str) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "
        DELETE FROM {session} WHERE {session.token} = $2 AND {session.userId} = $1::{id}
        RETURNING {session.id}::text";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(user_id).bind(token);
    let removed = query.fetch_all(&mut **db).await?;
    db.changed(user_id);
    Ok(removed)
}

/// Removes every session of the user `user_id`. Returns the ids of those removed.
pub async fn revoke_all(db: &mut Conn, user_id: &str) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "
        DELETE FROM {session} WHERE {session.userId} = $1::{id} RETURNING {session.id}::text";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(user_id);
    let removed = query.fetch_all(&mut **db).await?;
    db.changed(user_id);
    Ok(removed)
}

/// Removes every session of the user `user_id` that has not ended at `now` but the one with `token`. Returns the ids of
/// those removed.
pub async fn revoke_others(
    db: &mut Conn,
    user_id: &str,
    token: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "
        DELETE FROM {session}
        WHERE {session.userId} = $1::{id} AND {session.token} <> $2 AND {session.expiresAt} > $3
        RETURNING {session.id}::text";
    let query = sqlx::query_scalar(db.sql(SQL))
        .bind(user_id)
        .bind(token)
        .bind(now);
    let removed = query.fetch_all(&mut **db).await?;
    db.changed(user_id);
    Ok(removed)
}

/// Changes the additional fields of the session with `token`, and returns it as it is now.
pub async fn update(
    db: &mut Conn,
    token: &str,
    fields: &serde_json::Map<String, serde_json::Value>,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Session>> {
    const SQL: &str = "
        UPDATE {session} s SET {session.updatedAt} = $2{session.+set:$3}
        WHERE {session.token} = $1
        RETURNING {session.*:s}";
    let query = sqlx::query(db.sql(SQL))
        .bind(token)
        .bind(now)
        .bind(Json(fields));
    let row = query.fetch_optional(&mut **db).await?;
    let session = row.map(|row| read(&row)).transpose()?;
    if let Some(session) = &session {
        db.changed(&session.user_id);
    }
    Ok(session)
}
