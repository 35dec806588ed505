//! A new password by mail: `POST /request-password-reset`, `GET /reset-password/:token` and `POST /reset-password`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::{
    password::{check_not_too_long, check_not_too_short},
    session::{DONE, Done},
    timing::{HALF_A_SECOND, at_least},
};
use crate::{
    app::App,
    crypto::token,
    events::{Event, EventKind},
    http::{
        error::ApiError,
        error_code::{
            INVALID_CALLBACK_URL, INVALID_REDIRECT_URL, PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT,
            RESET_PASSWORD_DISABLED, RESET_TOKEN_INVALID, RESET_USER_NOT_FOUND, TOO_MANY_PASSWORDS,
        },
        extract::{Body, Client, Input, Param, Queried, State},
        redirect::Redirect,
        reply::Json,
        schema::{Field, Schema},
        table::Route,
        uri::encode_component,
    },
    identity::{account, user, verification::NewVerification},
    mail::{MailKind, Message},
    route,
};

pub(super) const ROUTES: &[Route] = &[
    route!(POST "/request-password-reset" => request_password_reset)
        .summary("Mail the link to choose a new password")
        .fails(&[&RESET_PASSWORD_DISABLED, &INVALID_REDIRECT_URL]),
    route!(GET "/reset-password/:token" => redirect_with_token)
        .summary("Send a browser to the form for the new password")
        .fails(&[&INVALID_CALLBACK_URL]),
    route!(POST "/reset-password" => reset_password)
        .summary("Choose a new password")
        .fails(&[
            &RESET_TOKEN_INVALID,
            &PASSWORD_TOO_SHORT,
            &PASSWORD_TOO_LONG,
            &RESET_USER_NOT_FOUND,
            &TOO_MANY_PASSWORDS,
        ]),
];

/// Characters in the token of a link to choose a new password: 142 bits of randomness.
const TOKEN_LENGTH: usize = 24;

fn identifier(token: &str) -> String {
    format!("reset-password:{token}")
}

#[derive(Deserialize)]
struct RequestPasswordReset {
    email: String,
    #[serde(rename = "redirectTo")]
    redirect_to: Option<String>,
}

impl Input for RequestPasswordReset {
    const SCHEMA: Schema = Schema::object(&[
        Field::email("email"),
        Field::string("redirectTo").optional(),
    ]);
}

#[derive(JsonSchema, Serialize)]
struct Requested {
    status: bool,
    message: &'static str,
}

async fn request_password_reset(
    State(app): State,
    Body(input): Body<RequestPasswordReset>,
    client: Client,
) -> Result<Json<Requested>, ApiError> {
    if !app.mail.can_send(MailKind::ResetPassword) {
        return Err((&RESET_PASSWORD_DISABLED).into());
    }
    // Whoever asks must not learn whether the address is known, neither from the answer nor from its time.
    at_least(HALF_A_SECOND, send_link(&app, &input, &client)).await?;
    Ok(Json(Requested {
        status: true,
        message: "If this email exists in our system, check your email for the reset link",
    }))
}

async fn send_link(
    app: &App,
    input: &RequestPasswordReset,
    client: &Client,
) -> Result<(), ApiError> {
    let mut db = app.db.get().await?;
    // Addresses that pass the check are ASCII.
    let email = input.email.to_ascii_lowercase();
    let Some(user) = user::store::by_email(&mut db, &email).await? else {
        return Ok(());
    };
    let token = token::generate(&app.random, token::ALPHANUMERIC, TOKEN_LENGTH);
    let settings = app.config.settings.email_and_password();
    let lifetime = Duration::seconds(settings.reset_password_token_expires_in().into());
    let now = app.clock.now();
    let verification = NewVerification {
        id: app.new_id(),
        identifier: &identifier(&token),
        value: &user.id,
        expires_at: now + lifetime,
    };
    let url = format!(
        "{}/reset-password/{token}?callbackURL={}",
        app.config.base_url.as_str(),
        encode_component(input.redirect_to.as_deref().unwrap_or_default()),
    );
    let message = Message::new(MailKind::ResetPassword, &user)
        .with_link(url, token.as_str())
        .in_language_of(client);
    db.begin().await?;
    app.verifications
        .create(&mut db, &verification, now)
        .await?;
    app.mail.queue(&mut db, message).await?;
    db.commit().await?;
    Ok(())
}

#[derive(Deserialize)]
struct Callback {
    #[serde(rename = "callbackURL")]
    callback_url: String,
}

impl Input for Callback {
    const SCHEMA: Schema = Schema::object(&[Field::string("callbackURL")]);
}

/// Leads from the mail to the page with the form for the new password. The token stays good.
async fn redirect_with_token(
    State(app): State,
    Queried(query): Queried<Callback>,
    Param(token): Param,
) -> Result<Redirect, ApiError> {
    if query.callback_url.is_empty() {
        let own_page = Redirect::own(&app, "/error");
        return Ok(own_page.absolute_with(&app, "error", RESET_TOKEN_INVALID.code));
    }
    let page = Redirect::checked(&app, &query.callback_url, &INVALID_CALLBACK_URL)?;
    let found = find(&app, &token).await?;
    Ok(match found {
        Some(_) => page.absolute_with(&app, "token", &token),
        None => page.absolute_with(&app, "error", RESET_TOKEN_INVALID.code),
    })
}

#[derive(Deserialize)]
struct ResetPassword {
    #[serde(rename = "newPassword")]
    new_password: String,
    token: Option<String>,
}

impl Input for ResetPassword {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("newPassword"),
        Field::string("token").optional(),
    ]);
}

#[derive(Deserialize)]
struct TokenInQuery {
    token: Option<String>,
}

impl Input for TokenInQuery {
    const SCHEMA: Schema = Schema::object(&[Field::string("token").optional()]);
}

async fn reset_password(
    State(app): State,
    Body(input): Body<ResetPassword>,
    Queried(query): Queried<TokenInQuery>,
    client: Client,
) -> Result<Json<Done>, ApiError> {
    let is_given = |token: &String| !token.is_empty();
    let token = input.token.filter(is_given);
    let Some(token) = token.or(query.token.filter(is_given)) else {
        return Err((&RESET_TOKEN_INVALID).into());
    };
    let settings = app.config.settings.email_and_password();
    check_not_too_short(&settings, &input.new_password)?;
    check_not_too_long(&settings, &input.new_password)?;
    // Nobody can make the server hash passwords without a token; it is used up only when the hash is there.
    let Some(user_id) = find(&app, &token).await? else {
        return Err((&RESET_TOKEN_INVALID).into());
    };
    let found = user::store::by_id(&mut app.db.get().await?, &user_id).await?;
    if found.is_none() {
        return Err((&RESET_USER_NOT_FOUND).into());
    }
    let hash = app.hasher.hash(input.new_password).await?;
    store(&app, &token, &hash, &client).await?;
    Ok(Json(DONE))
}

/// Whose password the holder of `token` may choose.
async fn find(app: &App, token: &str) -> Result<Option<String>, ApiError> {
    let mut db = app.db.get().await?;
    let now = app.clock.now();
    let found = app
        .verifications
        .find(&mut db, &identifier(token), now)
        .await?;
    Ok(found.map(|found| found.value))
}

/// Uses the token up and stores the new password's hash, both or neither.
async fn store(app: &App, token: &str, hash: &str, client: &Client) -> Result<(), ApiError> {
    let settings = app.config.settings.email_and_password();
    let now = app.clock.now();
    let mut db = app.db.get().await?;
    db.begin().await?;
    let used = app
        .verifications
        .consume(&mut db, &identifier(token), now)
        .await?;
    let Some(user_id) = used.map(|used| used.value) else {
        return Err((&RESET_TOKEN_INVALID).into());
    };
    if !user::store::lock(&mut db, &user_id).await? {
        return Err((&RESET_USER_NOT_FOUND).into());
    }
    if settings.revoke_sessions_on_password_reset() {
        let revoked = app.sessions.revoke_all(&mut db, &user_id, now).await?;
        app.events
            .sessions_revoked(&mut db, &user_id, revoked, client)
            .await?;
    }
    account::store::reset_password(&mut db, &user_id, app.new_id(), hash, now).await?;
    let event = Event::new(EventKind::PasswordReset).of_user(&user_id);
    app.events
        .record(&mut db, event.from_client(client))
        .await?;
    db.commit().await?;
    Ok(())
}
