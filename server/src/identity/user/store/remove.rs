//! Users who leave.

use crate::db::Conn;

/// Keeps the user `id` from being removed or changed by others until the transaction that is open ends. Returns
/// whether there is such a user.
///
/// # Errors
/// The database fails.
pub async fn lock(db: &mut Conn, id: &str) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT true FROM {user} WHERE {user.id} = $1::{id} FOR UPDATE";
    let query = sqlx::query_scalar(db.sql(SQL)).bind(id);
    let found: Option<bool> = query.fetch_optional(&mut **db).await?;
    Ok(found.is_some())
}

/// Removes the user `id` with their sessions and accounts, all or nothing. Databases made by early releases of
/// better-auth do not remove these themselves. Returns whether there was such a user.
///
/// # Errors
/// The database fails, or rows of another table still refer to the user and forbid it.
pub async fn remove(db: &mut Conn, id: &str) -> sqlx::Result<bool> {
    const SQL: &str = "
        WITH ended AS (
            DELETE FROM {session} WHERE {session.userId} = $1::{id}
        ), unlinked AS (
            DELETE FROM {account} WHERE {account.userId} = $1::{id}
        )
        DELETE FROM {user} WHERE {user.id} = $1::{id}";
    let query = sqlx::query(db.sql(SQL)).bind(id);
    let removed = query.execute(&mut **db).await?.rows_affected();
    db.changed(id);
    Ok(removed > 0)
}
