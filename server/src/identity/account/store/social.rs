//! Accounts at services.

use sqlx::Row as _;
use time::OffsetDateTime;

use super::{COLUMNS, read};
use crate::{
    db::Conn,
    identity::{
        account::{Account, Tokens},
        user::{self, User},
    },
};

/// The account that stands for `account_id` at the service, and its user; none for the user if they are gone.
pub async fn with_owner(
    db: &mut Conn,
    provider_id: &str,
    account_id: &str,
) -> sqlx::Result<Option<(Account, Option<User>)>> {
    const SQL: &str = "
        SELECT {account.*:a}, u.{user.id} IS NOT NULL, {user.*:u}
        FROM {account} a LEFT JOIN {user} u ON u.{user.id} = a.{account.userId}
        WHERE a.{account.providerId} = $1 AND a.{account.accountId} = $2
        ORDER BY a.{account.createdAt}, a.{account.id} LIMIT 1";

    let query = sqlx::query(db.sql(SQL)).bind(provider_id).bind(account_id);
    let row = query.fetch_optional(&mut **db).await?;
    row.map(|row| {
        let has_owner: bool = row.try_get(COLUMNS)?;
        let owner = has_owner.then(|| user::store::read(&row, COLUMNS + 1));
        Ok((read(&row)?, owner.transpose()?))
    })
    .transpose()
}

/// Stores the tokens of the account `id`, as far as there are new ones. A new scope replaces the old one. Where they were
/// given for the refresh token `spent`, does nothing if there is another one by now. Returns whether it did.
pub async fn update_tokens(
    db: &mut Conn,
    id: &str,
    tokens: &Tokens,
    spent: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    const SQL: &str = "
        UPDATE {account} SET
            {account.accessToken} = COALESCE($2, {account.accessToken}),
            {account.refreshToken} = COALESCE($3, {account.refreshToken}),
            {account.idToken} = COALESCE($4, {account.idToken}),
            {account.accessTokenExpiresAt} = COALESCE($5, {account.accessTokenExpiresAt}),
            {account.refreshTokenExpiresAt} = COALESCE($6, {account.refreshTokenExpiresAt}),
            {account.scope} = COALESCE($7, {account.scope}),
            {account.updatedAt} = $8
        WHERE {account.id} = $1::{id} AND ($9::text IS NULL OR {account.refreshToken} = $9)";
    let query = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(&tokens.access_token)
        .bind(&tokens.refresh_token)
        .bind(&tokens.id_token)
        .bind(tokens.access_token_expires_at)
        .bind(tokens.refresh_token_expires_at)
        .bind(&tokens.scope)
        .bind(now)
        .bind(spent);
    let done = query.execute(&mut **db).await?;
    Ok(done.rows_affected() > 0)
}

/// Lets nobody else look for the account of `account_id` at the service, and add it, until the transaction ends: no
/// constraint of the table keeps two requests at once from adding it twice, or to two users.
pub async fn lock_key(db: &mut Conn, provider_id: &str, account_id: &str) -> sqlx::Result<()> {
    const SQL: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    let key = format!("account:{provider_id}:{account_id}");
    sqlx::query(SQL).bind(key).execute(&mut **db).await?;
    Ok(())
}

/// What a service says about a user that is to be kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told<'a> {
    /// The new name.
    pub name: Option<&'a str>,
    /// The new picture.
    pub image: Option<&'a str>,
    /// The new address, in lower case.
    pub email: Option<&'a str>,
    /// Whether the address is verified.
    pub email_verified: Option<bool>,
}

/// What became of what a service says about a user.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// The user as they are now.
    Done(Box<User>),
    /// Nothing: the user is gone, or somebody else has the address.
    Nothing,
    /// Nothing: somebody else has taken the address at the same time. Ends the transaction.
    Raced,
}

impl Kept {
    /// The user as they are now, who was `before`.
    pub fn or(self, before: User) -> User {
        match self {
            Self::Done(user) => *user,
            Self::Nothing | Self::Raced => before,
        }
    }
}

/// Keeps what a service says about the user `id`.
pub async fn keep(
    db: &mut Conn,
    id: &str,
    told: &Told<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<Kept> {
    const SQL: &str = "
        UPDATE {user} u SET
            {user.name} = COALESCE($2, {user.name}),
            {user.image} = COALESCE($3, {user.image}),
            {user.email} = COALESCE($4, {user.email}),
            {user.emailVerified} = COALESCE($5, {user.emailVerified}),
            {user.updatedAt} = $6
        WHERE {user.id} = $1::{id}
            AND NOT EXISTS (SELECT FROM {user} o WHERE o.{user.email} = $4 AND o.{user.id} <> $1::{id})
        RETURNING {user.*:u}";
    let query = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(told.name)
        .bind(told.image)
        .bind(told.email)
        .bind(told.email_verified)
        .bind(now);
    let kept = query.fetch_optional(&mut **db).await;
    db.changed(id);
    match kept {
        Ok(Some(row)) => Ok(Kept::Done(Box::new(user::store::read(&row, 0)?))),
        Ok(None) => Ok(Kept::Nothing),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Kept::Raced),
        Err(error) => Err(error),
    }
}
