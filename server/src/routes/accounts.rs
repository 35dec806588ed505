//! The accounts of a user: listing and unlinking them, and the tokens that services have given for them.

mod info;
mod selection;
mod tokens;
mod unlink;

use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use self::{
    selection::{Selection, describe_session},
    tokens::{open, provider_of, renew, valid},
};
use crate::{
    http::{
        error::ApiError,
        error_code::{
            ACCOUNT_NOT_FOUND, FAILED_TO_GET_ACCESS_TOKEN, FAILED_TO_REFRESH_ACCESS_TOKEN,
            PROVIDER_NOT_SUPPORTED, REFRESH_TOKEN_NOT_FOUND, TOKEN_REFRESH_NOT_SUPPORTED,
        },
        extract::{Body, Database, State},
        reply::Json,
        session::{CachedSession, CurrentSessionReader},
        table::Route,
    },
    identity::{
        account::{Account, store::of_user},
        date,
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[
    route!(GET "/list-accounts" => list).summary("List the accounts of the user"),
    unlink::ROUTE,
    route!(POST "/get-access-token" => get_access_token)
        .summary("Read an access token, and refresh it first when that is due")
        .answering(describe_session)
        .fails(&[
            &ACCOUNT_NOT_FOUND,
            &PROVIDER_NOT_SUPPORTED,
            &FAILED_TO_GET_ACCESS_TOKEN,
        ]),
    route!(POST "/refresh-token" => refresh_token)
        .summary("Refresh an access token")
        .answering(describe_session)
        .fails(&[
            &ACCOUNT_NOT_FOUND,
            &PROVIDER_NOT_SUPPORTED,
            &TOKEN_REFRESH_NOT_SUPPORTED,
            &REFRESH_TOKEN_NOT_FOUND,
            &FAILED_TO_REFRESH_ACCESS_TOKEN,
        ]),
    info::ROUTE,
];

/// An account, without password and tokens.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    /// The id of the account.
    id: String,
    /// The service; `credential` for a password.
    provider_id: String,
    /// The user's id at the service.
    account_id: String,
    /// Whose account it is.
    user_id: String,
    /// What the access token may be used for.
    scopes: Vec<String>,
    /// When it was added.
    #[serde(with = "date")]
    #[schemars(schema_with = "date::schema")]
    created_at: OffsetDateTime,
    /// When it changed last.
    #[serde(with = "date")]
    #[schemars(schema_with = "date::schema")]
    updated_at: OffsetDateTime,
}

impl From<Account> for Listed {
    fn from(account: Account) -> Self {
        Self {
            scopes: scopes(&account),
            id: account.id,
            provider_id: account.provider_id,
            account_id: account.account_id,
            user_id: account.user_id,
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

/// The scopes of an account, each for itself.
fn scopes(account: &Account) -> Vec<String> {
    let stored = account.tokens.scope.as_deref().unwrap_or_default();
    let scopes = stored.split(',').map(str::trim);
    scopes
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn list(
    CachedSession(current): CachedSession,
    Database(mut db): Database,
) -> Result<Json<Vec<Listed>>, ApiError> {
    let accounts = of_user(&mut db, &current.user.id).await?;
    Ok(Json(accounts.into_iter().map(Listed::from).collect()))
}

/// An access token that can be used.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Usable {
    /// The access token; empty where the service has given none.
    access_token: String,
    /// When it ends, if the service has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "date::schema")]
    access_token_expires_at: Option<String>,
    /// What it may be used for.
    scopes: Vec<String>,
    /// Says who the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

async fn get_access_token(
    State(app): State,
    Body(selection): Body<Selection>,
    session: CurrentSessionReader,
) -> Result<Json<Usable>, ApiError> {
    let account = selection.find(&app, session).await?;
    let provider = provider_of(&app, &account).await?;
    let account = valid(&app, &provider, account).await?;
    let opened = open(&app, account.tokens.access_token.as_deref());
    Ok(Json(Usable {
        access_token: opened.ok_or(&FAILED_TO_GET_ACCESS_TOKEN)?,
        access_token_expires_at: account.tokens.access_token_expires_at.map(date::format),
        scopes: scopes(&account),
        id_token: account.tokens.id_token,
    }))
}

/// Tokens that a service has just given.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Refreshed {
    /// The new access token.
    access_token: String,
    /// The new refresh token, or the one that stays valid.
    refresh_token: String,
    /// When the access token ends, if the service has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "date::schema")]
    access_token_expires_at: Option<String>,
    /// When the refresh token ends, if the service has ever said so.
    refresh_token_expires_at: Option<String>,
    /// What the access token may be used for, separated by commas.
    scope: Option<String>,
    /// Says who the user is.
    id_token: Option<String>,
    /// The service.
    provider_id: String,
    /// The id of the account.
    account_id: String,
}

async fn refresh_token(
    State(app): State,
    Body(selection): Body<Selection>,
    session: CurrentSessionReader,
) -> Result<Json<Refreshed>, ApiError> {
    let account = selection.find(&app, session).await?;
    let provider = provider_of(&app, &account).await?;
    if !provider.can_refresh() {
        let message = format!(
            "Provider {} does not support token refreshing.",
            provider.id()
        );
        return Err(TOKEN_REFRESH_NOT_SUPPORTED.with_message(message));
    }
    if account
        .tokens
        .refresh_token
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        return Err((&REFRESH_TOKEN_NOT_FOUND).into());
    }
    let seen = account.tokens.clone();
    let is_due = move |account: &Account| account.tokens == seen;
    let renewed = renew(&app, &provider, &account, is_due)
        .await
        .map_err(|error| error.told_as(&FAILED_TO_REFRESH_ACCESS_TOKEN))?
        .ok_or(&FAILED_TO_REFRESH_ACCESS_TOKEN)?;
    let opened = |token: Option<&str>| open(&app, token).ok_or(&FAILED_TO_REFRESH_ACCESS_TOKEN);
    let stored = renewed.account.tokens;
    Ok(Json(Refreshed {
        access_token: opened(stored.access_token.as_deref())?,
        refresh_token: opened(stored.refresh_token.as_deref())?,
        access_token_expires_at: renewed.access_token_expires_at.map(date::format),
        refresh_token_expires_at: stored.refresh_token_expires_at.map(date::format),
        scope: stored.scope,
        id_token: stored.id_token,
        provider_id: renewed.account.provider_id,
        account_id: renewed.account.id,
    }))
}
