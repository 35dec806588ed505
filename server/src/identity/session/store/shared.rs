//! Rows of sessions that are in a secondary storage too.

use time::OffsetDateTime;

use crate::db::Conn;

/// Extends the session with `token` until `expires_at`, whatever others have done since it was read. Returns whether there
/// is one.
pub async fn prolong(
    db: &mut Conn,
    token: &str,
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    const SQL: &str = "
        UPDATE {session} SET {session.expiresAt} = $2, {session.updatedAt} = $3
        WHERE {session.token} = $1
        RETURNING {session.userId}::text";
    let query = sqlx::query_scalar(db.sql(SQL))
        .bind(token)
        .bind(expires_at)
        .bind(now);
    let user_id: Option<String> = query.fetch_optional(&mut **db).await?;
    if let Some(user_id) = &user_id {
        db.changed(user_id);
    }
    Ok(user_id.is_some())
}

/// Ends the session with `token` at `now` and leaves its row. Returns its id and that of its user, if it had not ended.
pub async fn end(
    db: &mut Conn,
    token: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<(String, String)>> {
    const SQL: &str = "
        UPDATE {session} SET {session.expiresAt} = $2
        WHERE {session.token} = $1 AND {session.expiresAt} > $2
        RETURNING {session.id}::text, {session.userId}::text";
    let query = sqlx::query_as(db.sql(SQL)).bind(token).bind(now);
    let ended: Option<(String, String)> = query.fetch_optional(&mut **db).await?;
    if let Some((_, user_id)) = &ended {
        db.changed(user_id);
    }
    Ok(ended)
}

/// Ends every session of the user `user_id` at `now` and leaves the rows. Returns the ids of those that had not ended.
pub async fn end_all(
    db: &mut Conn,
    user_id: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "
        UPDATE {session} SET {session.expiresAt} = $2
        WHERE {session.userId} = $1::{id} AND {session.expiresAt} > $2
        RETURNING {session.id}::text";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(user_id).bind(now);
    let ended = query.fetch_all(&mut **db).await?;
    db.changed(user_id);
    Ok(ended)
}
