//! Accounts at services.

use sqlx::Row as _;
use time::OffsetDateTime;

use super::{COLUMNS, add, of_provider, read};
use crate::{
    db::Conn,
    identity::{
        account::{Account, NewAccount, Tokens},
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

/// Stores the tokens of the account `id`, as far as there are new ones. A new scope replaces the old one.
pub async fn update_tokens(
    db: &mut Conn,
    id: &str,
    tokens: &Tokens,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    const SQL: &str = "
        UPDATE {account} SET
            {account.accessToken} = COALESCE($2, {account.accessToken}),
            {account.refreshToken} = COALESCE($3, {account.refreshToken}),
            {account.idToken} = COALESCE($4, {account.idToken}),
            {account.accessTokenExpiresAt} = COALESCE($5, {account.accessTokenExpiresAt}),
            {account.refreshTokenExpiresAt} = COALESCE($6, {account.refreshTokenExpiresAt}),
            {account.scope} = COALESCE($7, {account.scope}),
            {account.updatedAt} = $8
        WHERE {account.id} = $1::{id}";
    let query = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(&tokens.access_token)
        .bind(&tokens.refresh_token)
        .bind(&tokens.id_token)
        .bind(tokens.access_token_expires_at)
        .bind(tokens.refresh_token_expires_at)
        .bind(&tokens.scope)
        .bind(now);
    query.execute(&mut **db).await?;
    Ok(())
}

/// Adds an account unless one is there for the same user at the service. Of several requests at once, one adds it:
/// no constraint of the table keeps them from it. Returns whether this one did.
pub async fn add_once(
    db: &mut Conn,
    account: &NewAccount,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    let account_id = account.account_id.as_deref().unwrap_or_default();
    db.begin().await?;
    let key = format!("account:{}:{account_id}", account.provider_id);
    sqlx::query(LOCK).bind(key).execute(&mut **db).await?;
    let is_new = of_provider(db, &account.provider_id, account_id)
        .await?
        .is_empty();
    if is_new {
        add(db, account, now).await?;
    }
    db.commit().await?;
    Ok(is_new)
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

/// Keeps what a service says about the user `id`. None if the user is gone, or somebody else has the address.
pub async fn keep(
    db: &mut Conn,
    id: &str,
    told: &Told<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    const SQL: &str = "
        UPDATE {user} u SET
            {user.name} = COALESCE($2, {user.name}),
            {user.image} = COALESCE($3, {user.image}),
            {user.email} = COALESCE($4, {user.email}),
            {user.emailVerified} = COALESCE($5, {user.emailVerified}),
            {user.updatedAt} = $6
        WHERE {user.id} = $1::{id}
        RETURNING {user.*:u}";
    let query = sqlx::query(db.sql(SQL))
        .bind(id)
        .bind(told.name)
        .bind(told.image)
        .bind(told.email)
        .bind(told.email_verified)
        .bind(now);
    match query.fetch_optional(&mut **db).await {
        Ok(row) => row.map(|row| user::store::read(&row, 0)).transpose(),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(None),
        Err(error) => Err(error),
    }
}
