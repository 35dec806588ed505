//! `POST /sign-up/email`: a new user with an email address and a password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::password::{check_not_too_long, check_not_too_short};
use crate::{
    app::App,
    db::Conn,
    email_verification,
    events::{Event, EventKind},
    http::{
        content_type::Accepts,
        error::ApiError,
        error_code::{
            EMAIL_PASSWORD_SIGN_UP_DISABLED, FAILED_TO_CREATE_USER, FIELD_NOT_ALLOWED,
            MISSING_FIELD, PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT, TOO_MANY_PASSWORDS,
            USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
        },
        extract::{Body, Client, Input, State},
        origin::FormCsrf,
        reply::Json,
        schema::{Field, Schema},
        session::Issuer,
        table::Route,
    },
    identity::{
        account::{CREDENTIAL, NewAccount},
        session::{NewSession, Session, SessionUser},
        user::{
            User,
            store::{self, Registered, Registration},
        },
    },
    mail::{MailKind, Message},
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/sign-up/email" => email)
    .summary("Sign up with an email address and a password")
    .accepting(Accepts::FormOrJson)
    .reading_large_bodies()
    .fails(&[
        &EMAIL_PASSWORD_SIGN_UP_DISABLED,
        &FAILED_TO_CREATE_USER,
        &FIELD_NOT_ALLOWED,
        &MISSING_FIELD,
        &PASSWORD_TOO_LONG,
        &PASSWORD_TOO_SHORT,
        &TOO_MANY_PASSWORDS,
        &USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
    ])];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignUp {
    name: String,
    email: String,
    password: String,
    image: Option<String>,
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
    remember_me: Option<bool>,
    /// Among others, the fields that the settings add.
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Input for SignUp {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("name"),
        Field::email("email"),
        Field::non_empty_string("password"),
        Field::string("image").optional(),
        Field::string("callbackURL").optional(),
        Field::boolean("rememberMe").optional(),
    ])
    .and_record();
}

#[derive(JsonSchema, Serialize)]
struct SignedUp {
    /// Absent when the user has to sign in first.
    token: Option<String>,
    user: User,
}

async fn email(
    State(app): State,
    Body(input): Body<SignUp>,
    _: FormCsrf,
    issuer: Issuer,
) -> Result<Json<SignedUp>, ApiError> {
    let settings = app.config.settings.email_and_password();
    if !settings.enabled() || settings.disable_sign_up() {
        return Err((&EMAIL_PASSWORD_SIGN_UP_DISABLED).into());
    }
    check_not_too_short(&settings, &input.password)?;
    check_not_too_long(&settings, &input.password)?;
    let SignUp {
        name,
        email,
        password,
        image,
        callback_url,
        remember_me,
        more,
    } = input;
    let fields = app.user_fields.create(&more, app.clock.now())?;
    let mut user = new_user(&app, name, &email, image);
    let visible = app.user_fields.visible(&fields.stored);
    let opens_session = settings.auto_sign_in() && !settings.require_email_verification();
    let existing = store::by_email(&mut app.db.get().await?, &user.email).await?;
    if existing.is_some() && opens_session {
        return Err((&USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL).into());
    }
    if !fields.unfit.is_empty() {
        return Err((&FAILED_TO_CREATE_USER).into());
    }
    let hash = app.hasher.hash(password).await?;
    if let Some(existing) = existing {
        tell(&app, &existing, issuer.client()).await?;
        user.additional = visible;
        return Ok(Json(fabricated(&app, user).await?));
    }
    user.additional = fields.stored;
    let remember = remember_me != Some(false);
    let session = opens_session.then(|| issuer.prepare(&user.id, remember));
    let new = NewUser {
        user,
        visible,
        hash,
        session,
        callback_url: callback_url.as_deref(),
    };
    let added = new.add(&app, issuer.client()).await?;
    if added.is_taken {
        return Ok(Json(fabricated(&app, added.user).await?));
    }
    Ok(Json(signed_up(
        &issuer,
        added.user,
        added.session,
        remember,
    )))
}

/// Tells a user by mail that somebody signs up with their address, if the settings say so.
async fn tell(app: &App, user: &User, client: &Client) -> Result<(), ApiError> {
    let settings = app.config.settings.email_and_password();
    if settings.on_existing_user_sign_up() && app.mail.can_send(MailKind::ExistingUserSignUp) {
        let message = Message::new(MailKind::ExistingUserSignUp, user).in_language_of(client);
        app.mail.queue(&mut app.db.get().await?, message).await?;
    }
    Ok(())
}

/// The answer to someone whose address is taken, who must not learn that: that to a new user.
async fn fabricated(app: &App, mut user: User) -> Result<SignedUp, ApiError> {
    if user.id.is_empty() {
        user.id = store::next_id(&mut app.db.get().await?).await?;
    }
    Ok(SignedUp { token: None, user })
}

/// Somebody who signs up with a password.
struct NewUser<'a> {
    user: User,
    /// The additional fields that clients see.
    visible: Map<String, Value>,
    hash: String,
    /// The session to begin with, unless they have to sign in first.
    session: Option<NewSession>,
    /// Where the link of the verification mail leads in the end.
    callback_url: Option<&'a str>,
}

/// What became of a new user.
struct Added {
    user: User,
    session: Option<Session>,
    /// Whether nothing was stored, since another request has taken the address after it was looked up.
    is_taken: bool,
}

impl NewUser<'_> {
    /// Stores the user and queues the mail to them, both or neither.
    async fn add(self, app: &App, client: &Client) -> Result<Added, ApiError> {
        let mut user = self.user;
        let account = NewAccount {
            id: app.new_id(),
            provider_id: CREDENTIAL.to_owned(),
            password: Some(self.hash),
            ..NewAccount::default()
        };
        let registration = Registration {
            user: &user,
            account: &account,
            session: app.sessions.row_of(self.session.as_ref()),
        };
        let mut db = app.db.get().await?;
        db.begin().await?;
        let registered = store::register(&mut db, &registration).await?;
        user.additional = self.visible;
        let session_id = match registered {
            Registered::Done {
                user_id,
                session_id,
            } => {
                user.id = user_id;
                session_id
            }
            Registered::EmailTaken if self.session.is_none() => {
                db.rollback().await?;
                // It may be another column whose values have to be unique.
                return if store::email_is_taken(&mut db, &user.email).await? {
                    Ok(Added {
                        user,
                        session: None,
                        is_taken: true,
                    })
                } else {
                    Err((&FAILED_TO_CREATE_USER).into())
                };
            }
            Registered::EmailTaken | Registered::Unstorable => {
                return Err((&FAILED_TO_CREATE_USER).into());
            }
        };
        let settings = &app.config.settings;
        let required = settings.email_and_password().require_email_verification();
        if settings.email_verification().send_on_sign_up(required)
            && app.mail.can_send(MailKind::Verification)
        {
            let message = email_verification::mail(app, &user, self.callback_url, client)?;
            app.mail.queue(&mut db, message).await?;
        }
        let opened = app.sessions.opened_if(self.session, session_id, &user);
        let session = opened.await?;
        record(app, &mut db, &user, session.as_ref(), client).await?;
        db.commit().await?;
        Ok(Added {
            user,
            session,
            is_taken: false,
        })
    }
}

/// Records that there is a new user, and that they are signed in.
async fn record(
    app: &App,
    db: &mut Conn,
    user: &User,
    session: Option<&Session>,
    client: &Client,
) -> Result<(), ApiError> {
    let created = Event::new(EventKind::UserCreated)
        .of_user(&user.id)
        .from_client(client)
        .with("email", user.email.as_str());
    app.events.record(db, created).await?;
    if let Some(session) = session {
        app.events.session_created(db, session, client).await?;
    }
    Ok(())
}

/// The answer to a new user, who is signed in if a session was stored with them.
fn signed_up(issuer: &Issuer, user: User, session: Option<Session>, remember: bool) -> SignedUp {
    let Some(session) = session else {
        return SignedUp { token: None, user };
    };
    let current = SessionUser { session, user };
    issuer.begin(&current, remember.into());
    SignedUp {
        token: Some(current.session.token),
        user: current.user,
    }
}

fn new_user(app: &App, name: String, email: &str, image: Option<String>) -> User {
    let now = app.clock.now();
    User {
        name,
        // Addresses that pass the check are ASCII.
        email: email.to_ascii_lowercase(),
        email_verified: false,
        image,
        created_at: now,
        updated_at: now,
        additional: Map::new(),
        id: app.new_id().unwrap_or_default(),
    }
}
