//! Accounts in the hands of their users.

use super::read;
use crate::{db::Conn, identity::account::Account};

/// The account `id` of the user `user_id`.
pub async fn of_user_by_id(
    db: &mut Conn,
    user_id: &str,
    id: &str,
) -> sqlx::Result<Option<Account>> {
    const SQL: &str = "
        SELECT {account.*:a} FROM {account} a
        WHERE a.{account.userId} = $1::{id} AND a.{account.id}::text = $2";
    let query = sqlx::query(db.sql(SQL)).bind(user_id).bind(id);
    let row = query.fetch_optional(&mut **db).await?;
    row.as_ref().map(read).transpose()
}

/// Removes the account `id`.
pub async fn remove(db: &mut Conn, id: &str) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM {account} WHERE {account.id} = $1::{id}";
    sqlx::query(db.sql(SQL)).bind(id).execute(&mut **db).await?;
    Ok(())
}

/// Lets nobody else decide who spends the refresh token of the account `id`, until the transaction ends.
pub async fn lock_tokens(db: &mut Conn, id: &str) -> sqlx::Result<()> {
    const SQL: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    let key = format!("account-tokens:{id}");
    sqlx::query(SQL).bind(key).execute(&mut **db).await?;
    Ok(())
}
