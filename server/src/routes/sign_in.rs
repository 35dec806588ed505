//! `POST /sign-in/email`: a session for an email address and a password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::password::check_not_too_long;
use crate::{
    app::App,
    email_verification,
    events::{Event, EventKind},
    http::{
        Response, StatusCode,
        content_type::Accepts,
        error::{ApiError, ErrorCode},
        error_code::{
            EMAIL_NOT_VERIFIED, EMAIL_PASSWORD_DISABLED, INVALID_EMAIL, INVALID_EMAIL_OR_PASSWORD,
            PASSWORD_TOO_LONG, TOO_MANY_PASSWORDS,
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
        account::{self, Credential, Proof},
        session::SessionUser,
        user::User,
    },
    mail::MailKind,
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
        &EMAIL_NOT_VERIFIED,
        &TOO_MANY_PASSWORDS,
    ])];

/// How often a password is checked whose hash has been replaced by the time that the session begins: by another sign-in
/// at the same moment, because it was outdated, or because the password was changed.
const CHECKS: usize = 3;

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
    let email = input.email.to_ascii_lowercase();
    let client = issuer.client();
    let mut wrong = None;
    for _ in 0..CHECKS {
        let (user, proof) = match authenticate(&app, &email, input.password.clone()).await? {
            Authentication::Correct(user, proof) => (user, proof),
            Authentication::Wrong(user) => {
                wrong = user.map(|user| user.id);
                break;
            }
        };
        if settings.require_email_verification() && !user.email_verified {
            ask_to_verify(&app, &user, input.callback_url.as_deref(), client).await?;
            record_failure(&app, Some(user.id), &email, &EMAIL_NOT_VERIFIED, client).await?;
            return Err((&EMAIL_NOT_VERIFIED).into());
        }
        let remember = input.remember_me != Some(false);
        wrong = Some(user.id.clone());
        let mut db = app.db.get().await?;
        if let Some(current) = issuer.open_proved(&mut db, user, remember, &proof).await? {
            return Ok(signed_in(current, input.callback_url.as_deref()));
        }
    }
    record_failure(&app, wrong, &email, &INVALID_EMAIL_OR_PASSWORD, client).await?;
    Err((&INVALID_EMAIL_OR_PASSWORD).into())
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

/// Mails the link again that verifies the address of a user who has to do that first.
async fn ask_to_verify(
    app: &App,
    user: &User,
    callback_url: Option<&str>,
    client: &Client,
) -> Result<(), ApiError> {
    let settings = app.config.settings.email_verification();
    if settings.send_on_sign_in() && app.mail.can_send(MailKind::Verification) {
        let message = email_verification::mail(app, user, callback_url, client)?;
        app.mail.queue(&mut app.db.get().await?, message).await?;
    }
    Ok(())
}

async fn record_failure(
    app: &App,
    user_id: Option<String>,
    email: &str,
    reason: &ErrorCode,
    client: &Client,
) -> Result<(), ApiError> {
    if !app.events.is_on() {
        return Ok(());
    }
    let event = Event::new(EventKind::SignInFailed).from_client(client);
    let event = event.with_given_email(email).with("reason", reason.code);
    let event = match user_id {
        Some(id) => event.of_user(id),
        None => event,
    };
    app.events.record(&mut app.db.get().await?, event).await?;
    Ok(())
}

/// What an address and a password prove.
enum Authentication {
    /// That they belong to the user.
    Correct(User, Proof),
    /// Nothing; the user is who has the address.
    Wrong(Option<User>),
}

/// Looks for the user with the address `email`, in lower case, and this password. Unknown users and wrong passwords take
/// the same work and give the same answer.
async fn authenticate(
    app: &App,
    email: &str,
    password: String,
) -> Result<Authentication, ApiError> {
    let found = account::store::credential_by_email(&mut app.db.get().await?, email).await?;
    let (user, credential) = found.unzip();
    let (account_id, stored) = match credential.flatten() {
        Some(Credential { id, password }) => (Some(id), password),
        None => (None, None),
    };
    let verdict = app
        .hasher
        .authenticate(stored.clone(), password.clone())
        .await?;
    let (user, account_id, hash) = match (user, account_id, stored) {
        (Some(user), Some(id), Some(stored)) if verdict.correct => (user, id, stored),
        (other, ..) => return Ok(Authentication::Wrong(other)),
    };
    let replacement = if verdict.outdated {
        Some(app.hasher.hash(password).await?)
    } else {
        None
    };
    let proof = Proof {
        account_id,
        hash,
        replacement,
    };
    Ok(Authentication::Correct(user, proof))
}
