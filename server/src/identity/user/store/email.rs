//! Email addresses of users.

use time::OffsetDateTime;

use super::read;
use crate::{db::Conn, identity::user::User};

/// What became of a change of an email address.
#[derive(Clone, Debug, PartialEq)]
pub enum EmailChange {
    /// The user has the new address.
    Done(Box<User>),
    /// Nothing: there is no such user, or they have another address by now.
    Outdated,
    /// Nothing: another user has the new address. Ends a transaction that is open.
    Taken,
}

/// Gives the user `id` the address `new`, in lower case, in place of `old`. `verified` says whether they have shown that
/// it is theirs; `None` leaves that as it is.
///
/// # Errors
/// The database fails.
pub async fn change_email(
    db: &mut Conn,
    id: &str,
    old: &str,
    new: &str,
    verified: Option<bool>,
    now: OffsetDateTime,
) -> sqlx::Result<EmailChange> {
    const SQL: &str = "
        UPDATE {user} u
        SET {user.email} = $3, {user.emailVerified} = COALESCE($4, {user.emailVerified}), {user.updatedAt} = $5
        WHERE {user.id} = $1::{id} AND {user.email} = $2
        RETURNING {user.*:u}";
    let query = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(old)
        .bind(new)
        .bind(verified)
        .bind(now);
    let changed = query.fetch_optional(&mut **db).await;
    db.changed(id);
    match changed {
        Ok(Some(row)) => Ok(EmailChange::Done(Box::new(read(&row, 0)?))),
        Ok(None) => Ok(EmailChange::Outdated),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(EmailChange::Taken),
        Err(error) => Err(error),
    }
}

/// Notes that the user `id` has shown that the address `email` is theirs. None if that was known already, or if they
/// have another address by now; else the user as they are now.
///
/// # Errors
/// The database fails.
pub async fn verify_email(
    db: &mut Conn,
    id: &str,
    email: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    const SQL: &str = "
        UPDATE {user} u
        SET {user.emailVerified} = true, {user.updatedAt} = $3
        WHERE {user.id} = $1::{id} AND {user.email} = $2 AND {user.emailVerified} IS NOT TRUE
        RETURNING {user.*:u}";
    let query = sqlx::query(db.sql(SQL)).bind(id).bind(email).bind(now);
    let row = query.fetch_optional(&mut **db).await?;
    db.changed(id);
    row.map(|row| read(&row, 0)).transpose()
}
