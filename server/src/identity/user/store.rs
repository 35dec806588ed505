//! Users in the database.

mod email;
mod register;
mod remove;

use serde_json::{Map, Value};
use sqlx::{Row as _, postgres::PgRow, types::Json};
use time::OffsetDateTime;

use super::{User, UserChanges};
use crate::db::{Conn, Timestamp};
pub use email::{EmailChange, change_email, verify_email};
pub use register::{Registered, Registration, register};
pub use remove::{lock, remove};

/// How many columns `{user.*:u}` stands for.
pub(in crate::identity) const COLUMNS: usize = 8;

/// Reads a user from the columns of `{user.*:u}`, the first of them at `offset`.
pub(in crate::identity) fn read(row: &PgRow, offset: usize) -> sqlx::Result<User> {
    Ok(User {
        id: row.try_get(offset)?,
        name: row.try_get(offset + 1)?,
        email: row.try_get(offset + 2)?,
        email_verified: row.try_get(offset + 3)?,
        image: row.try_get(offset + 4)?,
        created_at: row.try_get::<Timestamp, _>(offset + 5)?.0,
        updated_at: row.try_get::<Timestamp, _>(offset + 6)?.0,
        additional: read_additional(row, offset + 7)?,
    })
}

/// Reads the JSON object of additional fields at `index`; null stands for none.
pub(in crate::identity) fn read_additional(
    row: &PgRow,
    index: usize,
) -> sqlx::Result<Map<String, Value>> {
    let fields: Option<Json<Map<String, Value>>> = row.try_get(index)?;
    Ok(fields.map(|Json(fields)| fields).unwrap_or_default())
}

/// Whether a user has the address `email`, in lower case.
pub async fn email_is_taken(db: &mut Conn, email: &str) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT EXISTS (SELECT FROM {user} WHERE {user.email} = $1)";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(email);
    query.fetch_one(&mut **db).await
}

/// The id that the next user would have, where the database counts ids; nobody else gets it.
pub async fn next_id(db: &mut Conn) -> sqlx::Result<String> {
    const SQL: &str = "SELECT ({user.newId:$1})::text";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(None::<String>);
    query.fetch_one(&mut **db).await
}

/// The user with the address `email`, in lower case.
pub async fn by_email(db: &mut Conn, email: &str) -> sqlx::Result<Option<User>> {
    const SQL: &str = "SELECT {user.*:u} FROM {user} u WHERE u.{user.email} = $1";
    let row = sqlx::query(db.sql(SQL)).bind(email);
    let row = row.fetch_optional(&mut **db).await?;
    row.map(|row| read(&row, 0)).transpose()
}

/// The user `id`.
pub async fn by_id(db: &mut Conn, id: &str) -> sqlx::Result<Option<User>> {
    const SQL: &str = "SELECT {user.*:u} FROM {user} u WHERE u.{user.id} = $1::{id}";
    let row = sqlx::query(db.sql(SQL)).bind(id);
    let row = row.fetch_optional(&mut **db).await?;
    row.map(|row| read(&row, 0)).transpose()
}

/// Changes the user `id`, and returns them as they are now.
pub async fn update(
    db: &mut Conn,
    id: &str,
    changes: &UserChanges,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    const SQL: &str = "
        UPDATE {user} u
        SET {user.name} = COALESCE($2, {user.name}),
            {user.image} = CASE WHEN $3 THEN $4 ELSE {user.image} END,
            {user.updatedAt} = $5{user.+set:$6}
        WHERE {user.id} = $1::{id}
        RETURNING {user.*:u}";
    let row = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(&changes.name)
        .bind(changes.image.is_some())
        .bind(changes.image.as_ref().and_then(Option::as_ref))
        .bind(now)
        .bind(Json(&changes.additional));
    let row = row.fetch_optional(&mut **db).await?;
    db.changed(id);
    row.map(|row| read(&row, 0)).transpose()
}
