//! `POST /sign-out`: ends the session of the request, if it has one, and says where to sign out at a service too
//! (OpenID Connect RP-Initiated Logout 1.0).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    db::Conn,
    http::{
        Response, StatusCode,
        cookie::Jar,
        error::ApiError,
        extract::{Body, Client, Input, State},
        openapi::Operation,
        reply,
        schema::{Field, Schema},
        table::Route,
    },
    identity::account,
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/sign-out" => sign_out)
    .summary("End the session")
    .answering(Operation::answers_json::<SignedOut>)];

/// Where to go after signing out at a service.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignOut {
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
    disable_redirect: Option<bool>,
    state: Option<String>,
}

impl Input for SignOut {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("callbackURL").optional(),
        Field::boolean("disableRedirect").optional(),
        Field::string("state").optional(),
    ])
    .optional();
}

#[derive(JsonSchema, Serialize)]
struct SignedOut {
    success: bool,
    /// The page of a service that signs the user out there.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Whether the client should go there.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect: Option<bool>,
}

async fn sign_out(
    State(app): State,
    Body(input): Body<SignOut>,
    jar: Jar,
    client: Client,
) -> Result<Response, ApiError> {
    let mut url = None;
    if let Some(token) = jar.session_token() {
        let mut db = app.db.get().await?;
        if app.providers.can_sign_out() {
            url = page_of_service(&app, &mut db, &token, &input).await?;
        }
        let scope = app.events.begin(&mut db).await?;
        if let Some((id, user_id)) = app.sessions.close(&mut db, &token, app.clock.now()).await? {
            let events = &app.events;
            events
                .sessions_revoked(&mut db, &user_id, vec![id], &client)
                .await?;
        }
        app.events.commit(&mut db, scope).await?;
    }
    jar.clear_session();
    let redirect = url
        .is_some()
        .then_some(input.disable_redirect != Some(true));
    let location = url.clone().filter(|_| redirect == Some(true));
    let mut response = reply::json(
        StatusCode::OK,
        &SignedOut {
            success: true,
            url,
            redirect,
        },
    );
    if let Some(location) = location {
        reply::set_location(&mut response, &location);
    }
    Ok(response)
}

/// The page on which the service that was used last signs the user out, if it has one.
async fn page_of_service(
    app: &App,
    db: &mut Conn,
    token: &str,
    input: &SignOut,
) -> Result<Option<String>, ApiError> {
    let Some(current) = app.sessions.by_token(db, token).await? else {
        return Ok(None);
    };
    let mut accounts = account::store::of_user(db, &current.user.id).await?;
    accounts.sort_by_key(|account| std::cmp::Reverse(account.updated_at));
    let target = input.callback_url.as_deref().filter(|url| !url.is_empty());
    Ok(accounts.iter().find_map(|account| {
        let provider = app.providers.discovered(&account.provider_id)?;
        provider.end_session_url(
            app.config.base_url.as_str(),
            account.tokens.id_token.as_deref(),
            target,
            input.state.as_deref(),
        )
    }))
}
