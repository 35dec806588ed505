//! `POST /change-email`: begins to give a user another address, or does so at once.

use serde::Deserialize;

use super::{
    session::{DONE, Done},
    timing::{HALF_A_SECOND, at_least},
};
use crate::{
    app::App,
    email_verification::{self, Claims, Purpose},
    events::{Event, EventKind},
    http::{
        error::ApiError,
        error_code::CHANGE_EMAIL_DISABLED,
        extract::{Body, Input, State},
        reply::Json,
        schema::{Field, Schema},
        session::{CurrentSession, Issuer},
        table::Route,
    },
    identity::{
        session::SessionUser,
        user::store::{self, EmailChange},
    },
    mail::{MailKind, Message},
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/change-email" => change_email)
    .summary("Begin to change the email address")
    .fails(&[&CHANGE_EMAIL_DISABLED])];

#[derive(Deserialize)]
struct ChangeEmail {
    #[serde(rename = "newEmail")]
    new_email: String,
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
}

impl Input for ChangeEmail {
    const SCHEMA: Schema = Schema::object(&[
        Field::email("newEmail"),
        Field::string("callbackURL").optional(),
    ]);
}

async fn change_email(
    State(app): State,
    Body(input): Body<ChangeEmail>,
    CurrentSession(current): CurrentSession,
    issuer: Issuer,
) -> Result<Json<Done>, ApiError> {
    let settings = app.config.settings.user().change_email();
    if !settings.enabled() {
        return Err((&CHANGE_EMAIL_DISABLED).into());
    }
    // Addresses that pass the check are ASCII.
    let new = input.new_email.to_ascii_lowercase();
    if new == current.user.email {
        return Err(ApiError::bad_request("Email is the same"));
    }
    let is_verified = current.user.email_verified;
    let can_verify = app.mail.can_send(MailKind::Verification);
    let asks_old_address = is_verified
        && settings.send_change_email_confirmation()
        && app.mail.can_send(MailKind::ChangeEmailConfirmation);
    let way = if !is_verified && settings.update_email_without_verification() {
        Way::AtOnce
    } else if can_verify && asks_old_address {
        Way::OldAddressFirst
    } else if can_verify {
        Way::NewAddressFirst
    } else {
        return Err(ApiError::bad_request("Verification email isn't enabled"));
    };
    let change = Change {
        app: &app,
        current,
        new,
        callback_url: input.callback_url.as_deref(),
        issuer: &issuer,
    };
    // Whether somebody else has the new address is told neither by the answer nor by its time.
    at_least(HALF_A_SECOND, change.begin(way)).await?;
    Ok(Json(DONE))
}

/// How an address changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    /// The old one was never verified, so that nothing is lost.
    AtOnce,
    /// A mail to the old one, then one to the new one.
    OldAddressFirst,
    /// A mail to the new one.
    NewAddressFirst,
}

struct Change<'a> {
    app: &'a App,
    current: SessionUser,
    new: String,
    callback_url: Option<&'a str>,
    issuer: &'a Issuer,
}

impl Change<'_> {
    async fn begin(self, way: Way) -> Result<(), ApiError> {
        let mut db = self.app.db.get().await?;
        if store::email_is_taken(&mut db, &self.new).await? {
            return Ok(());
        }
        let user = &self.current.user;
        let (message, purpose) = match way {
            Way::AtOnce => {
                drop(db);
                return self.change().await;
            }
            Way::OldAddressFirst => {
                let message = Message::new(MailKind::ChangeEmailConfirmation, user);
                (message, Purpose::ConfirmChange { to: self.new })
            }
            Way::NewAddressFirst => {
                let message = Message::new(MailKind::Verification, user).to(&self.new);
                (message, Purpose::Change { to: self.new })
            }
        };
        let claims = Claims {
            email: user.email.clone(),
            purpose,
            user_id: Some(user.id.clone()),
        };
        let client = self.issuer.client();
        let message =
            email_verification::with_link(self.app, message, claims, self.callback_url, client)?;
        self.app.mail.queue(&mut db, message).await?;
        Ok(())
    }

    async fn change(self) -> Result<(), ApiError> {
        let Self { app, current, .. } = self;
        let SessionUser { session, user } = current;
        let mut db = app.db.get().await?;
        db.begin().await?;
        let now = app.clock.now();
        let changed =
            store::change_email(&mut db, &user.id, &user.email, &self.new, None, now).await?;
        let EmailChange::Done(changed) = changed else {
            // Somebody else has taken the address, or this user another one, since it was looked up.
            return Ok(());
        };
        app.sessions.user_changed(&changed, now).await?;
        let client = self.issuer.client();
        if app.mail.can_send(MailKind::Verification) {
            let message = email_verification::mail(app, &changed, self.callback_url, client)?;
            app.mail.queue(&mut db, message).await?;
        }
        let event = Event::new(EventKind::EmailChanged).of_user(&user.id);
        let event = event.in_session(&session.id).from_client(client);
        let event = event.with("from", user.email).with("to", self.new);
        app.events.record(&mut db, event).await?;
        db.commit().await?;
        let user = *changed;
        self.issuer.renew(&SessionUser { session, user });
        Ok(())
    }
}
