//! Accounts in the database.

mod owned;
mod password;
mod social;

use sqlx::{Row as _, postgres::PgRow, types::Json};
use time::OffsetDateTime;

use super::{Account, Credential, NewAccount, Tokens};
use crate::{
    db::Conn,
    identity::user::{self, User},
};

pub use owned::{lock_tokens, of_user_by_id, remove};
pub use password::{confirm, has_password, kinds_of_hashes, replace_password, reset_password};
pub use social::{Kept, Told, keep, lock_key, update_tokens, with_owner};

/// How many columns `{account.*:a}` stands for.
const COLUMNS: usize = 14;

/// Reads an account from the columns of `{account.*:a}`.
fn read(row: &PgRow) -> sqlx::Result<Account> {
    Ok(Account {
        id: row.try_get(0)?,
        account_id: row.try_get(1)?,
        provider_id: row.try_get(2)?,
        user_id: row.try_get(3)?,
        tokens: Tokens {
            access_token: row.try_get(4)?,
            refresh_token: row.try_get(5)?,
            id_token: row.try_get(6)?,
            access_token_expires_at: row.try_get(7)?,
            refresh_token_expires_at: row.try_get(8)?,
            scope: row.try_get(9)?,
        },
        password: row.try_get(10)?,
        created_at: row.try_get(11)?,
        updated_at: row.try_get(12)?,
    })
}

/// The accounts of the user `user_id`, the oldest first.
pub async fn of_user(db: &mut Conn, user_id: &str) -> sqlx::Result<Vec<Account>> {
    const SQL: &str = "
        SELECT {account.*:a} FROM {account} a
        WHERE a.{account.userId} = $1::{id}
        ORDER BY a.{account.createdAt}, a.{account.id}";
    let query = sqlx::query(db.sql(SQL)).bind(user_id);
    let rows = query.fetch_all(&mut **db).await?;
    rows.iter().map(read).collect()
}

/// Adds an account and returns its id.
pub async fn add(db: &mut Conn, account: &NewAccount, now: OffsetDateTime) -> sqlx::Result<String> {
    const SQL: &str = "
        INSERT INTO {account}
            ({account.id}, {account.accountId}, {account.providerId}, {account.userId}, {account.accessToken},
             {account.refreshToken}, {account.idToken}, {account.accessTokenExpiresAt},
             {account.refreshTokenExpiresAt}, {account.scope}, {account.password}, {account.createdAt},
             {account.updatedAt}{account.+columns})
        VALUES ({account.newId:$1}, COALESCE($2, $4), $3, $4::{id}, $5, $6, $7, $8, $9, $10, $11, $12, $12
                {account.+values:$13})
        RETURNING {account.id}::text";
    let query = sqlx::query_scalar(db.sql(SQL))
        .bind(&account.id)
        .bind(&account.account_id)
        .bind(&account.provider_id)
        .bind(&account.user_id)
        .bind(&account.tokens.access_token)
        .bind(&account.tokens.refresh_token)
        .bind(&account.tokens.id_token)
        .bind(account.tokens.access_token_expires_at)
        .bind(account.tokens.refresh_token_expires_at)
        .bind(&account.tokens.scope)
        .bind(&account.password)
        .bind(now)
        .bind(Json(&account.additional));
    query.fetch_one(&mut **db).await
}

/// The user with the address `email`, in lower case, and the account that holds their password.
pub async fn credential_by_email(
    db: &mut Conn,
    email: &str,
) -> sqlx::Result<Option<(User, Option<Credential>)>> {
    const SQL: &str = "
        SELECT {user.*:u}, a.{account.id}::text, a.{account.password}
        FROM {user} u
        LEFT JOIN {account} a
            ON a.{account.userId} = u.{user.id} AND a.{account.providerId} = 'credential'
            AND a.{account.accountId} = u.{user.id}::text
        WHERE u.{user.email} = $1
        LIMIT 1";
    let query = sqlx::query(db.sql(SQL)).bind(email);
    let row = query.fetch_optional(&mut **db).await?;
    row.map(|row| {
        Ok((
            user::store::read(&row, 0)?,
            read_credential(&row, user::store::COLUMNS)?,
        ))
    })
    .transpose()
}

/// The account that holds the password of the user `user_id`.
pub async fn credential_of(db: &mut Conn, user_id: &str) -> sqlx::Result<Option<Credential>> {
    const SQL: &str = "
        SELECT {account.id}::text, {account.password} FROM {account}
        WHERE {account.userId} = $1::{id} AND {account.providerId} = 'credential' AND {account.accountId} = $1
        LIMIT 1";
    let query = sqlx::query(db.sql(SQL)).bind(user_id);
    let row = query.fetch_optional(&mut **db).await?;
    row.map_or(Ok(None), |row| read_credential(&row, 0))
}

fn read_credential(row: &PgRow, offset: usize) -> sqlx::Result<Option<Credential>> {
    let id: Option<String> = row.try_get(offset)?;
    let password: Option<String> = row.try_get(offset + 1)?;
    let password = password.filter(|hash| !hash.is_empty());
    Ok(id.map(|id| Credential { id, password }))
}
