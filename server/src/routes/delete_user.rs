//! Users who leave: `POST /delete-user` and `GET /delete-user/callback`, where the link of its mail leads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::password::check_not_too_long;
use crate::{
    app::App,
    crypto::token,
    events::{Event, EventKind},
    http::{
        Response, StatusCode,
        error::ApiError,
        error_code::{
            CREDENTIAL_ACCOUNT_NOT_FOUND, DELETION_TOKEN_INVALID, INVALID_CALLBACK_URL,
            INVALID_PASSWORD, NOBODY_TO_DELETE, NOT_FOUND, PASSWORD_TOO_LONG, SESSION_EXPIRED,
            TOO_MANY_PASSWORDS,
        },
        extract::{Body, Input, Queried, State},
        openapi::Operation,
        redirect::Redirect,
        reply::{IntoReply as _, Json},
        schema::{Field, Schema},
        session::{CurrentSession, CurrentSessionReader, Issuer},
        table::Route,
        uri::encode_component,
    },
    identity::{
        account::{self, Credential, Proof},
        session::{Session, SessionUser},
        user::{self, User},
        verification::NewVerification,
    },
    mail::{MailKind, Message},
    route,
};

pub(super) const ROUTES: &[Route] = &[
    route!(POST "/delete-user" => delete_user)
        .summary("Delete the user, or mail the link that does")
        .fails(&[
            &PASSWORD_TOO_LONG,
            &CREDENTIAL_ACCOUNT_NOT_FOUND,
            &INVALID_PASSWORD,
            &DELETION_TOKEN_INVALID,
            &SESSION_EXPIRED,
            &TOO_MANY_PASSWORDS,
        ]),
    route!(GET "/delete-user/callback" => delete_user_by_link)
        .summary("Delete the user by the link of a mail")
        .answering(describe_deletion)
        .fails(&[
            &INVALID_CALLBACK_URL,
            &NOT_FOUND,
            &NOBODY_TO_DELETE,
            &DELETION_TOKEN_INVALID,
        ]),
];

/// Characters of the token of a link to delete an account: 165 bits of randomness in 32 of them.
const TOKEN_ALPHABET: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const TOKEN_LENGTH: usize = 32;

fn identifier(token: &str) -> String {
    format!("delete-account-{token}")
}

#[derive(Deserialize)]
struct DeleteUser {
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
    password: Option<String>,
    token: Option<String>,
}

impl Input for DeleteUser {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("callbackURL").optional(),
        Field::string("password").optional(),
        Field::string("token").optional(),
    ]);
}

#[derive(JsonSchema, Serialize)]
struct Deletion {
    success: bool,
    message: &'static str,
}

fn describe_deletion(operation: &mut Operation) {
    operation.answers_json::<Deletion>();
    operation.redirects();
}

const DELETED: Deletion = Deletion {
    success: true,
    message: "User deleted",
};

async fn delete_user(
    State(app): State,
    Body(input): Body<DeleteUser>,
    CurrentSession(current): CurrentSession,
    issuer: Issuer,
) -> Result<Json<Deletion>, ApiError> {
    let settings = app.config.settings.user().delete_user();
    if !settings.enabled() {
        return Err(ApiError::Empty(StatusCode::NOT_FOUND));
    }
    let is_given = |text: &String| !text.is_empty();
    let password = input.password.filter(is_given);
    let has_password = password.is_some();
    let checked = match password {
        Some(password) => Some(check_password(&app, &current.user, password).await?),
        None => None,
    };
    if let Some(token) = input.token.filter(is_given) {
        use_token(&app, &current.user, &token).await?;
    } else if settings.send_delete_account_verification() {
        send_link(&app, &current.user, input.callback_url.as_deref(), &issuer).await?;
        return Ok(Json(Deletion {
            success: true,
            message: "Verification email sent",
        }));
    } else {
        let is_fresh =
            |session: &Session| session.is_fresh(&app.config.settings.session(), app.clock.now());
        if !has_password && !is_fresh(&current.session) {
            return Err((&SESSION_EXPIRED).into());
        }
    }
    delete(&app, current, checked.as_ref(), &issuer).await?;
    Ok(Json(DELETED))
}

async fn check_password(app: &App, user: &User, password: String) -> Result<Proof, ApiError> {
    check_not_too_long(&app.config.settings.email_and_password(), &password)?;
    let found = account::store::credential_of(&mut app.db.get().await?, &user.id).await?;
    let Some(Credential {
        id,
        password: Some(stored),
    }) = found
    else {
        return Err((&CREDENTIAL_ACCOUNT_NOT_FOUND).into());
    };
    if !app.hasher.verify(stored.clone(), password).await? {
        return Err((&INVALID_PASSWORD).into());
    }
    Ok(Proof {
        account_id: id,
        hash: stored,
        replacement: None,
    })
}

#[derive(Deserialize)]
struct DeleteByLink {
    token: String,
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
}

impl Input for DeleteByLink {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("token"),
        Field::string("callbackURL").optional(),
    ]);
}

async fn delete_user_by_link(
    State(app): State,
    Queried(query): Queried<DeleteByLink>,
    session: CurrentSessionReader,
    issuer: Issuer,
) -> Result<Response, ApiError> {
    let callback_url = query.callback_url.filter(|url| !url.is_empty());
    let callback = callback_url
        .map(|url| Redirect::checked(&app, &url, &INVALID_CALLBACK_URL))
        .transpose()?;
    if !app.config.settings.user().delete_user().enabled() {
        return Err((&NOT_FOUND).into());
    }
    let Some(current) = session.read().await? else {
        return Err((&NOBODY_TO_DELETE).into());
    };
    use_token(&app, &current.user, &query.token).await?;
    delete(&app, current, None, &issuer).await?;
    Ok(callback.map_or_else(|| Json(DELETED).into_reply(), Redirect::into_reply))
}

async fn send_link(
    app: &App,
    user: &User,
    callback_url: Option<&str>,
    issuer: &Issuer,
) -> Result<(), ApiError> {
    let settings = app.config.settings.user().delete_user();
    let lifetime = Duration::seconds(settings.delete_token_expires_in().into());
    let token = token::generate(&app.random, TOKEN_ALPHABET, TOKEN_LENGTH);
    let callback_url = callback_url.filter(|url| !url.is_empty()).unwrap_or("/");
    let url = format!(
        "{}/delete-user/callback?token={token}&callbackURL={}",
        app.config.base_url.as_str(),
        encode_component(callback_url),
    );
    let now = app.clock.now();
    let verification = NewVerification {
        id: app.new_id(),
        identifier: &identifier(&token),
        value: &user.id,
        expires_at: now + lifetime,
    };
    let message = Message::new(MailKind::DeleteAccount, user)
        .with_link(url, token.as_str())
        .in_language_of(issuer.client());
    let mut db = app.db.get().await?;
    db.begin().await?;
    app.verifications
        .create(&mut db, &verification, now)
        .await?;
    app.mail.queue(&mut db, message).await?;
    db.commit().await?;
    Ok(())
}

/// Uses the token of a link up, which is good for the user alone who asked for it.
async fn use_token(app: &App, user: &User, token: &str) -> Result<(), ApiError> {
    let mut db = app.db.get().await?;
    let now = app.clock.now();
    let used = app
        .verifications
        .consume(&mut db, &identifier(token), now)
        .await?;
    if used.is_some_and(|used| used.value == user.id) {
        Ok(())
    } else {
        Err((&DELETION_TOKEN_INVALID).into())
    }
}

/// Removes the user with everything that lets them sign in; where a password has proved right, if `proof` still holds.
async fn delete(
    app: &App,
    current: SessionUser,
    proof: Option<&Proof>,
    issuer: &Issuer,
) -> Result<(), ApiError> {
    let SessionUser { session, user } = current;
    let mut db = app.db.get().await?;
    db.begin().await?;
    // Whoever is signing in at this moment is waited for, and their session goes too.
    let is_there = user::store::lock(&mut db, &user.id).await?;
    let now = app.clock.now();
    if let Some(proof) = proof.filter(|_| is_there)
        && !account::store::confirm(&mut db, proof, now).await?
    {
        return Err((&INVALID_PASSWORD).into());
    }
    app.sessions.user_removed(&user.id, now).await?;
    if user::store::remove(&mut db, &user.id).await? {
        let event = Event::new(EventKind::UserDeleted).of_user(&user.id);
        let event = event.in_session(&session.id).from_client(issuer.client());
        let event = event.with("email", user.email);
        app.events.record(&mut db, event).await?;
    }
    db.commit().await?;
    issuer.end();
    Ok(())
}
