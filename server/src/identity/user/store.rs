//! Users in the database.

use sqlx::{PgConnection, Row as _, postgres::PgRow};
use time::OffsetDateTime;

use super::{User, UserChanges};
use crate::identity::session::NewSession;

/// Columns of a user in the order that [`read`] expects.
macro_rules! user_columns {
    () => {
        r#"u.id, u.name, u.email, u."emailVerified", u.image, u."createdAt", u."updatedAt""#
    };
}
pub(in crate::identity) use user_columns;

/// Reads a user from the columns of `user_columns!`, the first of them at `offset`.
pub(in crate::identity) fn read(row: &PgRow, offset: usize) -> sqlx::Result<User> {
    Ok(User {
        id: row.try_get(offset)?,
        name: row.try_get(offset + 1)?,
        email: row.try_get(offset + 2)?,
        email_verified: row.try_get(offset + 3)?,
        image: row.try_get(offset + 4)?,
        created_at: row.try_get(offset + 5)?,
        updated_at: row.try_get(offset + 6)?,
    })
}

/// A user who is not in the database yet, with the password hash and perhaps the first session.
#[derive(Debug)]
pub struct Registration<'a> {
    /// The user.
    pub user: &'a User,
    /// Id of the account that holds the password.
    pub account_id: &'a str,
    /// Hash of the password.
    pub password: &'a str,
    /// The session to begin with.
    pub session: Option<&'a NewSession>,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registered {
    /// User, account and session are there.
    Done,
    /// Nothing is: someone else has the address.
    EmailTaken,
    /// Nothing is: a text holds a character that Postgres cannot store.
    Unstorable,
}

/// Adds user, account and session, all or none, in one statement.
pub async fn register(
    db: &mut PgConnection,
    registration: &Registration<'_>,
) -> sqlx::Result<Registered> {
    const SQL: &str = r#"
        WITH new_user AS (
            INSERT INTO "user" (id, name, email, "emailVerified", image, "createdAt", "updatedAt")
            VALUES ($1, $2, $3, $4, $5, $6, $6)
            RETURNING id
        ), new_account AS (
            INSERT INTO account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
            SELECT $7, id, 'credential', id, $8, $6, $6 FROM new_user
        )
        INSERT INTO session
            (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
        SELECT $9, $10, $11, $6, $6, $12, $13, id FROM new_user WHERE $9 IS NOT NULL"#;
    let Registration {
        user,
        account_id,
        password,
        session,
    } = registration;
    let result = sqlx::query(SQL)
        .bind(&user.id)
        .bind(&user.name)
        .bind(&user.email)
        .bind(user.email_verified)
        .bind(&user.image)
        .bind(user.created_at)
        .bind(account_id)
        .bind(password)
        .bind(session.map(|session| &session.id))
        .bind(session.map(|session| session.expires_at))
        .bind(session.map(|session| &session.token))
        .bind(session.map(|session| &session.ip_address))
        .bind(session.map(|session| &session.user_agent))
        .execute(db)
        .await;
    match result {
        Ok(_) => Ok(Registered::Done),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            Ok(Registered::EmailTaken)
        }
        Err(sqlx::Error::Database(error)) if is_text_refusal(&*error) => Ok(Registered::Unstorable),
        Err(error) => Err(error),
    }
}

/// `character_not_in_repertoire`: a NUL character, which JSON can carry and Postgres cannot store.
fn is_text_refusal(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().as_deref() == Some("22021")
}

/// Whether a user has the address `email`, in lower case.
pub async fn email_is_taken(db: &mut PgConnection, email: &str) -> sqlx::Result<bool> {
    const SQL: &str = r#"SELECT EXISTS (SELECT FROM "user" WHERE email = $1)"#;
    sqlx::query_scalar(SQL).bind(email).fetch_one(db).await
}

/// Changes the user `id`.
pub async fn update(
    db: &mut PgConnection,
    id: &str,
    changes: &UserChanges,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = r#"
        UPDATE "user"
        SET name = COALESCE($2, name), image = CASE WHEN $3 THEN $4 ELSE image END, "updatedAt" = $5
        WHERE id = $1"#;
    sqlx::query(SQL)
        .bind(id)
        .bind(&changes.name)
        .bind(changes.image.is_some())
        .bind(changes.image.as_ref().and_then(Option::as_ref))
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}
