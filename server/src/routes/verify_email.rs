//! `GET /verify-email`: where the links lead that verify or change an address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    crypto::jwt::JwtError,
    email_verification::{self, Claims, Purpose},
    events::{Event, EventKind},
    http::{
        Response,
        cookie::Remember,
        error::ApiError,
        error_code::{
            INVALID_CALLBACK_URL, INVALID_TOKEN, INVALID_USER, TOKEN_EXPIRED,
            USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL, USER_NOT_FOUND,
        },
        extract::{Input, Queried, State},
        openapi::Operation,
        redirect::Redirect,
        reply::{IntoReply as _, Json},
        schema::{Field, Schema},
        session::{Issuer, SessionReader},
        table::Route,
    },
    identity::{
        session::SessionUser,
        user::{
            User,
            store::{self, EmailChange},
        },
    },
    mail::{MailKind, Message},
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(GET "/verify-email" => verify_email)
    .summary("Verify or change an address by the link of a mail")
    .answering(describe_verification)
    .fails(&[
        &INVALID_CALLBACK_URL,
        &TOKEN_EXPIRED,
        &INVALID_TOKEN,
        &USER_NOT_FOUND,
        &INVALID_USER,
        &USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
    ])];

#[derive(Deserialize)]
struct VerifyEmail {
    token: String,
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
}

impl Input for VerifyEmail {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("token"),
        Field::string("callbackURL").optional(),
    ]);
}

/// What following a link has done.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum Followed {
    /// The address is verified, as it perhaps was before.
    Verified {
        status: bool,
        /// Always null.
        user: (),
    },
    /// The user has another address.
    Changed { status: bool, user: User },
    /// The new address is asked.
    Asked { status: bool },
}

impl Followed {
    const VERIFIED: Self = Self::Verified {
        status: true,
        user: (),
    };
    const ASKED: Self = Self::Asked { status: true };

    fn changed(user: User) -> Self {
        Self::Changed { status: true, user }
    }
}

fn describe_verification(operation: &mut Operation) {
    operation.answers_json::<Followed>();
    operation.redirects();
}

async fn verify_email(
    State(app): State,
    Queried(query): Queried<VerifyEmail>,
    session: SessionReader,
    issuer: Issuer,
) -> Result<Response, ApiError> {
    let callback_url = query.callback_url.filter(|url| !url.is_empty());
    let callback = callback_url
        .as_deref()
        .map(|url| Redirect::checked(&app, url, &INVALID_CALLBACK_URL))
        .transpose()?;
    let link = Link {
        app: &app,
        callback_url: callback_url.as_deref(),
        issuer: &issuer,
    };
    let followed = link.follow(&query.token, session).await;
    match (followed, callback) {
        (Ok(_), Some(callback)) => Ok(callback.into_reply()),
        (Ok(followed), None) => Ok(Json(followed).into_reply()),
        (Err(ApiError::Code(error)), Some(callback)) => {
            Ok(callback.with("error", error.code).into_reply())
        }
        (Err(error), _) => Err(error),
    }
}

/// A link that is being followed.
struct Link<'a> {
    app: &'a App,
    /// Where it leads in the end.
    callback_url: Option<&'a str>,
    issuer: &'a Issuer,
}

impl Link<'_> {
    async fn follow(&self, token: &str, session: SessionReader) -> Result<Followed, ApiError> {
        let claims = match email_verification::read(self.app, token) {
            Ok(claims) => claims,
            Err(JwtError::Expired) => return Err((&TOKEN_EXPIRED).into()),
            Err(JwtError::Invalid) => return Err((&INVALID_TOKEN).into()),
        };
        if claims.purpose == Purpose::Verify {
            self.verify(&claims, session).await?;
            return Ok(Followed::VERIFIED);
        }
        let user = self.bound_user(&claims).await?;
        let current = session.read().await?;
        if current.as_ref().is_some_and(|it| it.user.id != user.id) {
            return Err((&INVALID_USER).into());
        }
        match claims.purpose {
            Purpose::Verify => Ok(Followed::VERIFIED),
            Purpose::ConfirmChange { to } => {
                self.ask_new_address(user, to).await?;
                Ok(Followed::ASKED)
            }
            Purpose::Change { to } => {
                let user = self.change(user, &to, None).await?;
                Ok(Followed::changed(self.tell(current, user)))
            }
            Purpose::ChangeUnverified { to } => {
                let user = self.change(user, &to, Some(false)).await?;
                Ok(Followed::changed(self.tell(current, user)))
            }
        }
    }

    /// The user whose address is to change, if they still have the one that the link was made for.
    async fn bound_user(&self, claims: &Claims) -> Result<User, ApiError> {
        let Some(user_id) = &claims.user_id else {
            return Err((&INVALID_TOKEN).into());
        };
        let Some(user) = store::by_id(&mut self.app.db.get().await?, user_id).await? else {
            return Err((&USER_NOT_FOUND).into());
        };
        if user.email.to_lowercase() == claims.email {
            Ok(user)
        } else {
            Err((&INVALID_TOKEN).into())
        }
    }

    async fn verify(&self, claims: &Claims, session: SessionReader) -> Result<(), ApiError> {
        let app = self.app;
        let mut db = app.db.get().await?;
        let email = claims.email.to_ascii_lowercase();
        let Some(user) = store::by_email(&mut db, &email).await? else {
            return Err((&USER_NOT_FOUND).into());
        };
        if claims.user_id.as_ref().is_some_and(|id| *id != user.id) {
            return Err((&INVALID_TOKEN).into());
        }
        let scope = app.events.begin(&mut db).await?;
        let now = app.clock.now();
        let Some(user) = store::verify_email(&mut db, &user.id, &email, now).await? else {
            // It was verified before, and nobody is signed in by an old link.
            return Ok(());
        };
        app.sessions.user_changed(&user, now).await?;
        let event = Event::new(EventKind::EmailVerified).of_user(&user.id);
        let event = event.from_client(self.issuer.client());
        app.events.record(&mut db, event).await?;
        app.events.commit(&mut db, scope).await?;
        drop(db);
        let settings = app.config.settings.email_verification();
        if settings.auto_sign_in_after_verification() {
            self.sign_in(user, session).await?;
        }
        Ok(())
    }

    /// Signs in a user who has just verified their address, unless they are signed in.
    async fn sign_in(&self, user: User, session: SessionReader) -> Result<(), ApiError> {
        let current = session.read().await?;
        if let Some(current) = current.filter(|it| it.user.id == user.id) {
            self.tell(Some(current), user);
            return Ok(());
        }
        let app = self.app;
        let mut db = app.db.get().await?;
        let scope = app.events.begin(&mut db).await?;
        let new = self.issuer.prepare(&user.id, true);
        let session = app.sessions.open(&mut db, new, &user).await?;
        let client = self.issuer.client();
        app.events
            .session_created(&mut db, &session, client)
            .await?;
        app.events.commit(&mut db, scope).await?;
        let current = SessionUser { session, user };
        self.issuer.begin(&current, Remember::AsBefore);
        Ok(())
    }

    /// The owner of the old address has agreed: asks at the new one.
    async fn ask_new_address(&self, user: User, to: String) -> Result<(), ApiError> {
        let app = self.app;
        if !app.mail.can_send(MailKind::Verification) {
            return Ok(());
        }
        let message = Message::new(MailKind::Verification, &user).to(&to);
        let claims = Claims {
            email: user.email,
            purpose: Purpose::Change { to },
            user_id: Some(user.id),
        };
        let client = self.issuer.client();
        let message =
            email_verification::with_link(app, message, claims, self.callback_url, client)?;
        app.mail.queue(&mut app.db.get().await?, message).await?;
        Ok(())
    }

    /// Gives the user the new address; with `verified` as `Some(false)` they are asked to verify it.
    async fn change(&self, user: User, to: &str, verified: Option<bool>) -> Result<User, ApiError> {
        let app = self.app;
        let mut db = app.db.get().await?;
        db.begin().await?;
        let now = app.clock.now();
        let changed =
            store::change_email(&mut db, &user.id, &user.email, to, verified, now).await?;
        let changed = match changed {
            EmailChange::Done(user) => *user,
            // The link was followed twice at once.
            EmailChange::Outdated => return Err((&INVALID_TOKEN).into()),
            EmailChange::Taken => return Err((&USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL).into()),
        };
        app.sessions.user_changed(&changed, now).await?;
        if verified == Some(false) && app.mail.can_send(MailKind::Verification) {
            let client = self.issuer.client();
            let message = email_verification::mail(app, &changed, self.callback_url, client)?;
            app.mail.queue(&mut db, message).await?;
        }
        let event = Event::new(EventKind::EmailChanged).of_user(&user.id);
        let event = event.from_client(self.issuer.client());
        let event = event
            .with("from", user.email)
            .with("to", changed.email.as_str());
        app.events.record(&mut db, event).await?;
        db.commit().await?;
        Ok(changed)
    }

    /// Tells the browser of a signed-in user what has changed about them.
    fn tell(&self, current: Option<SessionUser>, user: User) -> User {
        let Some(SessionUser { session, .. }) = current else {
            return user;
        };
        let current = SessionUser { session, user };
        self.issuer.renew(&current);
        current.user
    }
}
