//! `POST /send-verification-email`: mails the link that verifies an address.

use serde::Deserialize;

use super::{
    session::{DONE, Done},
    timing::{HALF_A_SECOND, at_least},
};
use crate::{
    app::App,
    email_verification,
    http::{
        error::ApiError,
        error_code::{EMAIL_ALREADY_VERIFIED, EMAIL_MISMATCH, VERIFICATION_EMAIL_NOT_ENABLED},
        extract::{Body, Client, Input, State},
        reply::Json,
        schema::{Field, Schema},
        session::SessionReader,
        table::Route,
    },
    identity::user::{User, store},
    mail::MailKind,
    route,
};

pub(super) const ROUTES: &[Route] = &[
    route!(POST "/send-verification-email" => send_verification_email)
        .summary("Mail the link that verifies an address")
        .fails(&[
            &VERIFICATION_EMAIL_NOT_ENABLED,
            &EMAIL_MISMATCH,
            &EMAIL_ALREADY_VERIFIED,
        ]),
];

#[derive(Deserialize)]
struct SendVerificationEmail {
    email: String,
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
}

impl Input for SendVerificationEmail {
    const SCHEMA: Schema = Schema::object(&[
        Field::email("email"),
        Field::string("callbackURL").optional(),
    ]);
}

async fn send_verification_email(
    State(app): State,
    Body(input): Body<SendVerificationEmail>,
    session: SessionReader,
    client: Client,
) -> Result<Json<Done>, ApiError> {
    if !app.mail.can_send(MailKind::Verification) {
        return Err((&VERIFICATION_EMAIL_NOT_ENABLED).into());
    }
    // Addresses that pass the check are ASCII.
    let email = input.email.to_ascii_lowercase();
    let Some(current) = session.read().await? else {
        // Whoever asks must not learn whether the address is known, neither from the answer nor from its time.
        let work = send_if_unverified(&app, &email, input.callback_url.as_deref(), &client);
        at_least(HALF_A_SECOND, work).await?;
        return Ok(Json(DONE));
    };
    if current.user.email != email {
        return Err((&EMAIL_MISMATCH).into());
    }
    if current.user.email_verified {
        return Err((&EMAIL_ALREADY_VERIFIED).into());
    }
    send(&app, &current.user, input.callback_url.as_deref(), &client).await?;
    Ok(Json(DONE))
}

async fn send_if_unverified(
    app: &App,
    email: &str,
    callback_url: Option<&str>,
    client: &Client,
) -> Result<(), ApiError> {
    let found = store::by_email(&mut app.db.get().await?, email).await?;
    match found.filter(|user| !user.email_verified) {
        Some(user) => send(app, &user, callback_url, client).await,
        None => Ok(()),
    }
}

async fn send(
    app: &App,
    user: &User,
    callback_url: Option<&str>,
    client: &Client,
) -> Result<(), ApiError> {
    let message = email_verification::mail(app, user, callback_url, client)?;
    app.mail.queue(&mut app.db.get().await?, message).await?;
    Ok(())
}
