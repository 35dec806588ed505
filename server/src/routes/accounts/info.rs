//! `GET /account-info`: who the user is at a service.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    scopes,
    selection::{Selection, describe_session},
    tokens::{open, provider_of, valid},
};
use crate::{
    http::{
        error::ApiError,
        error_code::{
            ACCESS_TOKEN_NOT_FOUND, ACCOUNT_NOT_FOUND, FAILED_TO_GET_ACCESS_TOKEN,
            FAILED_TO_GET_USER_INFO, PROVIDER_NOT_CONFIGURED,
        },
        extract::{Queried, State},
        reply::Json,
        session::CurrentSessionReader,
        table::Route,
    },
    oauth::{profile::Person, provider::Context, token},
    route,
};

pub(super) const ROUTE: Route = route!(GET "/account-info" => account_info)
    .summary("Ask a service who the user is there")
    .answering(describe_session)
    .fails(&[
        &ACCOUNT_NOT_FOUND,
        &PROVIDER_NOT_CONFIGURED,
        &FAILED_TO_GET_ACCESS_TOKEN,
        &ACCESS_TOKEN_NOT_FOUND,
        &FAILED_TO_GET_USER_INFO,
    ]);

/// Who the user is at a service.
#[derive(JsonSchema, Serialize)]
struct Info {
    user: InfoUser,
    /// Everything that the service tells.
    data: Value,
    account: InfoAccount,
}

#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct InfoUser {
    /// The name; empty where the service tells none.
    name: String,
    /// The email address.
    email: Option<String>,
    /// The picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// Whether the service vouches for the address.
    email_verified: bool,
}

#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct InfoAccount {
    /// The id of the account.
    id: String,
    /// The service.
    provider_id: String,
    /// The user's id at the service.
    account_id: String,
}

async fn account_info(
    State(app): State,
    Queried(selection): Queried<Selection>,
    session: CurrentSessionReader,
) -> Result<Json<Info>, ApiError> {
    let account = selection.find(&app, session).await?;
    let provider = provider_of(&app, &account)
        .await
        .map_err(|_| &PROVIDER_NOT_CONFIGURED)?;
    let account = valid(&app, &provider, account).await?;
    let access_token =
        open(&app, account.tokens.access_token.as_deref()).ok_or(&FAILED_TO_GET_ACCESS_TOKEN)?;
    if access_token.is_empty() {
        return Err((&ACCESS_TOKEN_NOT_FOUND).into());
    }
    let tokens = token::Tokens {
        access_token: Some(access_token),
        access_token_expires_at: account.tokens.access_token_expires_at,
        id_token: account.tokens.id_token.clone(),
        scopes: scopes(&account),
        // WeChat wants it beside the access token.
        open_id: Some(account.account_id.clone()),
        ..token::Tokens::default()
    };
    let person = provider
        .person(Context::of(&app), &tokens, None, None)
        .await
        .map_err(|error| {
            tracing::warn!(provider = provider.id(), %error, "a service does not tell who a user is");
            &FAILED_TO_GET_USER_INFO
        })?;
    let Person {
        name,
        email,
        image,
        email_verified,
        data,
        ..
    } = person;
    Ok(Json(Info {
        user: InfoUser {
            name,
            email,
            image,
            email_verified,
        },
        data,
        account: InfoAccount {
            id: account.id,
            provider_id: account.provider_id,
            account_id: account.account_id,
        },
    }))
}
