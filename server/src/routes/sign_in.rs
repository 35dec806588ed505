//! `POST /sign-in/email`: a session for an email address and a password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::password::check_not_too_long;
use crate::{
    app::App,
    events::{Event, EventKind},
    http::{
        Response, StatusCode,
        content_type::Accepts,
        error::ApiError,
        error_code::{
            EMAIL_PASSWORD_DISABLED, INVALID_EMAIL, INVALID_EMAIL_OR_PASSWORD, PASSWORD_TOO_LONG,
        },
        extract::{Body, Client, Input, State},
        openapi::Operation,
        origin::FormCsrf,
        reply,
        schema::{Field, Schema, is_email},
        session::Issuer,
        table::Route,
    },
    identity::{
        account::{self, Credential},
        session::SessionUser,
        user::User,
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/sign-in/email" => email)
    .summary("Sign in with an email address and a password")
    .accepting(Accepts::FormOrJson)
    .answering(Operation::answers_json::<SignedIn<'static>>)
    .fails(&[
        &EMAIL_PASSWORD_DISABLED,
        &INVALID_EMAIL,
        &INVALID_EMAIL_OR_PASSWORD,
        &PASSWORD_TOO_LONG,
    ])];

#[derive(Deserialize)]
struct SignIn {
    email: String,
    password: String,
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
    #[serde(rename = "rememberMe")]
    remember_me: Option<bool>,
}

impl Input for SignIn {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("email"),
        Field::string("password"),
        Field::string("callbackURL").optional(),
        Field::boolean("rememberMe").optional(),
    ]);
}

#[derive(JsonSchema, Serialize)]
struct SignedIn<'a> {
    /// Whether the client should go to `url`.
    redirect: bool,
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    user: User,
}

async fn email(
    State(app): State,
    Body(input): Body<SignIn>,
    _: FormCsrf,
    issuer: Issuer,
) -> Result<Response, ApiError> {
    let settings = app.config.settings.email_and_password();
    if !settings.enabled() {
        return Err((&EMAIL_PASSWORD_DISABLED).into());
    }
    if !is_email(&input.email) {
        return Err((&INVALID_EMAIL).into());
    }
    check_not_too_long(&settings, &input.password)?;
    let (user, rehash) = authenticate(&app, &input.email, input.password, issuer.client()).await?;
    let remember = input.remember_me != Some(false);
    let mut db = app.db.get().await?;
    let scope = app.events.begin(&mut db).await?;
    if let Some(Rehash {
        account_id,
        old,
        new,
    }) = &rehash
    {
        account::store::replace_hash(&mut db, account_id, old, new, app.clock.now()).await?;
    }
    let current = issuer.open(&mut db, user, remember).await?;
    app.events.commit(&mut db, scope).await?;
    Ok(signed_in(current, input.callback_url.as_deref()))
}

fn signed_in(current: SessionUser, callback_url: Option<&str>) -> Response {
    let SessionUser { session, user } = current;
    let redirect = callback_url.filter(|url| !url.is_empty());
    let body = SignedIn {
        redirect: redirect.is_some(),
        token: &session.token,
        url: callback_url,
        user,
    };
    let mut response = reply::json(StatusCode::OK, &body);
    if let Some(url) = redirect {
        reply::set_location(&mut response, url);
    }
    response
}

/// Records that nobody was signed in. Known and unknown users take the same time.
async fn tell_failure(
    app: &App,
    email: &str,
    user: Option<User>,
    client: &Client,
) -> Result<(), ApiError> {
    if !app.events.is_on() {
        return Ok(());
    }
    let mut event = Event::new(EventKind::SignInFailed)
        .from_client(client)
        .with("email", email);
    if let Some(user) = user {
        event = event.of_user(user.id);
    }
    Ok(app.events.record(&mut app.db.get().await?, event).await?)
}

/// A hash of the current scheme for an account whose hash is outdated.
struct Rehash {
    account_id: String,
    old: String,
    new: String,
}

/// The user with these credentials. Unknown users and wrong passwords take the same time and give the same answer.
async fn authenticate(
    app: &App,
    email: &str,
    password: String,
    client: &Client,
) -> Result<(User, Option<Rehash>), ApiError> {
    let email = email.to_ascii_lowercase();
    let found = account::store::credential_by_email(&mut app.db.get().await?, &email).await?;
    let (user, credential) = found.unzip();
    let (account_id, stored) = match credential.flatten() {
        Some(Credential { id, password }) => (Some(id), password),
        None => (None, None),
    };
    let verdict = app.hasher.verify(stored.clone(), password.clone()).await?;
    let user = match user {
        Some(user) if verdict.correct => user,
        user => {
            tell_failure(app, &email, user, client).await?;
            return Err((&INVALID_EMAIL_OR_PASSWORD).into());
        }
    };
    let rehash = match (account_id, stored) {
        (Some(account_id), Some(old)) if verdict.outdated => Some(Rehash {
            account_id,
            old,
            new: app.hasher.hash(password).await?,
        }),
        _ => None,
    };
    Ok((user, rehash))
}
