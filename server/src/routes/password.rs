//! Passwords: `POST /verify-password`, and the checks that all endpoints with passwords share.

use authbackend_crds::auth::EmailAndPassword;
use serde::Deserialize;

use super::session::{DONE, Done};
use crate::{
    crypto::password::{is_longer, is_shorter},
    http::{
        error::ApiError,
        error_code::{INVALID_PASSWORD, PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT, TOO_MANY_PASSWORDS},
        extract::{Body, Input, State},
        reply::Json,
        schema::{Field, Schema},
        session::CurrentSession,
        table::Route,
    },
    identity::account::store,
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/verify-password" => verify_password)
    .summary("Tell whether a password is that of the user")
    .fails(&[&INVALID_PASSWORD, &PASSWORD_TOO_LONG, &TOO_MANY_PASSWORDS])];

#[derive(Deserialize)]
struct VerifyPassword {
    password: String,
}

impl Input for VerifyPassword {
    const SCHEMA: Schema = Schema::object(&[Field::string("password")]);
}

async fn verify_password(
    State(app): State,
    Body(input): Body<VerifyPassword>,
    CurrentSession(current): CurrentSession,
) -> Result<Json<Done>, ApiError> {
    check_not_too_long(&app.config.settings.email_and_password(), &input.password)?;
    let found = store::credential_of(&mut app.db.get().await?, &current.user.id).await?;
    let stored = found.and_then(|credential| credential.password);
    let is_right = match stored {
        Some(stored) => app.hasher.verify(stored, input.password).await?,
        None => false,
    };
    if is_right {
        Ok(Json(DONE))
    } else {
        Err((&INVALID_PASSWORD).into())
    }
}

/// Refuses a new password that is too short.
pub(super) fn check_not_too_short(
    settings: &EmailAndPassword,
    password: &str,
) -> Result<(), ApiError> {
    let is_short = is_shorter(password, settings.min_password_length());
    if is_short {
        Err((&PASSWORD_TOO_SHORT).into())
    } else {
        Ok(())
    }
}

/// Refuses a password that is too long, before anybody spends time on hashing it.
pub(super) fn check_not_too_long(
    settings: &EmailAndPassword,
    password: &str,
) -> Result<(), ApiError> {
    let is_long = is_longer(password, settings.max_password_length());
    if is_long {
        Err((&PASSWORD_TOO_LONG).into())
    } else {
        Ok(())
    }
}
