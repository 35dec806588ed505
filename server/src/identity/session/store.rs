//! Sessions in the database.

use sqlx::{PgConnection, Row as _, postgres::PgRow};
use time::OffsetDateTime;

use super::{NewSession, Session, SessionUser};
use crate::identity::user::{self, store::user_columns};

/// Columns of a session in the order that [`read`] expects.
macro_rules! session_columns {
    () => {
        r#"s.id, s."expiresAt", s.token, s."createdAt", s."updatedAt", s."ipAddress", s."userAgent", s."userId""#
    };
}

/// How many columns `session_columns!` names.
const COLUMN_COUNT: usize = 8;

fn read(row: &PgRow) -> sqlx::Result<Session> {
    Ok(Session {
        id: row.try_get(0)?,
        expires_at: row.try_get(1)?,
        token: row.try_get(2)?,
        created_at: row.try_get(3)?,
        updated_at: row.try_get(4)?,
        ip_address: row.try_get(5)?,
        user_agent: row.try_get(6)?,
        user_id: row.try_get(7)?,
    })
}

/// The session with `token` and its user, expired or not.
pub async fn by_token(db: &mut PgConnection, token: &str) -> sqlx::Result<Option<SessionUser>> {
    const SQL: &str = concat!(
        "SELECT ",
        session_columns!(),
        ", ",
        user_columns!(),
        r#" FROM session s JOIN "user" u ON u.id = s."userId" WHERE s.token = $1"#
    );
    let row = sqlx::query(SQL).bind(token).fetch_optional(db).await?;
    row.map(|row| {
        Ok(SessionUser {
            session: read(&row)?,
            user: user::store::read(&row, COLUMN_COUNT)?,
        })
    })
    .transpose()
}

/// The sessions of a user that have not ended at `now`, the oldest first.
pub async fn active(
    db: &mut PgConnection,
    user_id: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Session>> {
    const SQL: &str = concat!(
        "SELECT ",
        session_columns!(),
        r#" FROM session s WHERE s."userId" = $1 AND s."expiresAt" > $2 ORDER BY s."createdAt", s.id"#
    );
    let rows = sqlx::query(SQL)
        .bind(user_id)
        .bind(now)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// Adds a session.
pub async fn open(db: &mut PgConnection, session: &NewSession) -> sqlx::Result<()> {
    const SQL: &str = r#"
        INSERT INTO session
            (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
        VALUES ($1, $2, $3, $4, $4, $5, $6, $7)"#;
    sqlx::query(SQL)
        .bind(&session.id)
        .bind(session.expires_at)
        .bind(&session.token)
        .bind(session.created_at)
        .bind(&session.ip_address)
        .bind(&session.user_agent)
        .bind(&session.user_id)
        .execute(db)
        .await?;
    Ok(())
}

/// Extends `session` until `expires_at`, unless another request has done so since it was read. Returns whether
/// this one did.
pub async fn extend(
    db: &mut PgConnection,
    session: &Session,
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    const SQL: &str = r#"
        UPDATE session SET "expiresAt" = $3, "updatedAt" = $4 WHERE token = $1 AND "expiresAt" = $2"#;
    let done = sqlx::query(SQL)
        .bind(&session.token)
        .bind(session.expires_at)
        .bind(expires_at)
        .bind(now)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes the session with `token`, whoever's it is.
pub async fn close(db: &mut PgConnection, token: &str) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM session WHERE token = $1";
    sqlx::query(SQL).bind(token).execute(db).await?;
    Ok(())
}

/// Removes the session with `token` if it has ended at `now`.
pub async fn remove_expired(
    db: &mut PgConnection,
    token: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = r#"DELETE FROM session WHERE token = $1 AND "expiresAt" < $2"#;
    sqlx::query(SQL).bind(token).bind(now).execute(db).await?;
    Ok(())
}

/// Removes the session with `token` if it belongs to the user `user_id`.
pub async fn revoke(db: &mut PgConnection, user_id: &str, token: &str) -> sqlx::Result<()> {
    const SQL: &str = r#"DELETE FROM session WHERE token = $2 AND "userId" = $1"#;
    sqlx::query(SQL)
        .bind(user_id)
        .bind(token)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes every session of the user `user_id`.
pub async fn revoke_all(db: &mut PgConnection, user_id: &str) -> sqlx::Result<()> {
    const SQL: &str = r#"DELETE FROM session WHERE "userId" = $1"#;
    sqlx::query(SQL).bind(user_id).execute(db).await?;
    Ok(())
}

/// Removes every session of the user `user_id` that has not ended at `now` but the one with `token`.
pub async fn revoke_others(
    db: &mut PgConnection,
    user_id: &str,
    token: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = r#"
        DELETE FROM session WHERE "userId" = $1 AND token <> $2 AND "expiresAt" > $3"#;
    sqlx::query(SQL)
        .bind(user_id)
        .bind(token)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Sets the password hash of the account `account_id` and puts `session` in the place of all sessions of its
/// user, all or nothing.
pub async fn replace_all_with_password(
    db: &mut PgConnection,
    session: &NewSession,
    account_id: &str,
    hash: &str,
) -> sqlx::Result<()> {
    const SQL: &str = r#"
        WITH revoked AS (
            DELETE FROM session WHERE "userId" = $7
        ), changed AS (
            UPDATE account SET password = $9, "updatedAt" = $4 WHERE id = $8
        )
        INSERT INTO session
            (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
        VALUES ($1, $2, $3, $4, $4, $5, $6, $7)"#;
    sqlx::query(SQL)
        .bind(&session.id)
        .bind(session.expires_at)
        .bind(&session.token)
        .bind(session.created_at)
        .bind(&session.ip_address)
        .bind(&session.user_agent)
        .bind(&session.user_id)
        .bind(account_id)
        .bind(hash)
        .execute(db)
        .await?;
    Ok(())
}
