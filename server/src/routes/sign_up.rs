//! `POST /sign-up/email`: a new user with an email address and a password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::password::{check_not_too_long, check_not_too_short};
use crate::{
    app::App,
    db::Conn,
    events::{Event, EventKind},
    http::{
        content_type::Accepts,
        error::ApiError,
        error_code::{
            EMAIL_PASSWORD_SIGN_UP_DISABLED, FAILED_TO_CREATE_USER, FIELD_NOT_ALLOWED,
            MISSING_FIELD, PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT,
            USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
        },
        extract::{Body, Input, State},
        origin::FormCsrf,
        reply::Json,
        schema::{Field, Schema},
        session::Issuer,
        table::Route,
    },
    identity::{
        account::{CREDENTIAL, NewAccount},
        session::{Session, SessionUser},
        user::{
            User,
            store::{self, Registered, Registration},
        },
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/sign-up/email" => email)
    .summary("Sign up with an email address and a password")
    .accepting(Accepts::FormOrJson)
    .fails(&[
        &EMAIL_PASSWORD_SIGN_UP_DISABLED,
        &FAILED_TO_CREATE_USER,
        &FIELD_NOT_ALLOWED,
        &MISSING_FIELD,
        &PASSWORD_TOO_LONG,
        &PASSWORD_TOO_SHORT,
        &USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
    ])];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignUp {
    name: String,
    email: String,
    password: String,
    image: Option<String>,
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
        remember_me,
        more,
    } = input;
    let fields = app.user_fields.create(&more, app.clock.now())?;
    let mut user = new_user(&app, name, &email, image);
    let visible = app.user_fields.visible(&fields.stored);
    let is_taken = store::email_is_taken(&mut app.db.get().await?, &user.email).await?;
    if is_taken && settings.auto_sign_in() {
        return Err((&USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL).into());
    }
    if !fields.unfit.is_empty() {
        return Err((&FAILED_TO_CREATE_USER).into());
    }
    let hash = app.hasher.hash(password).await?;
    if is_taken {
        user.additional = visible;
        return Ok(Json(fabricated(&app, user).await?));
    }
    user.additional = fields.stored;
    let remember = remember_me != Some(false);
    register(&app, &issuer, user, visible, hash, remember).await
}

/// Stores `user`, of whose additional fields clients see `visible`, and signs them in if the settings say so.
async fn register(
    app: &App,
    issuer: &Issuer,
    mut user: User,
    visible: Map<String, Value>,
    hash: String,
    remember: bool,
) -> Result<Json<SignedUp>, ApiError> {
    let auto_sign_in = app.config.settings.email_and_password().auto_sign_in();
    let session = auto_sign_in.then(|| issuer.prepare(&user.id, remember));
    let account = NewAccount {
        id: app.new_id(),
        provider_id: CREDENTIAL.to_owned(),
        password: Some(hash),
        ..NewAccount::default()
    };
    let registration = Registration {
        user: &user,
        account: &account,
        session: session.as_ref(),
    };
    let mut db = app.db.get().await?;
    let scope = app.events.begin(&mut db).await?;
    let registered = store::register(&mut db, &registration).await?;
    user.additional = visible;
    match registered {
        Registered::Done {
            user_id,
            session_id,
        } => {
            user.id = user_id;
            let session = session
                .zip(session_id)
                .map(|(session, id)| session.stored(id, user.id.clone()));
            record(app, issuer, &mut db, &user, session.as_ref()).await?;
            app.events.commit(&mut db, scope).await?;
            Ok(Json(signed_up(issuer, user, session, remember)))
        }
        refused => {
            app.events.roll_back(&mut db, scope).await?;
            // Another request may have taken the address since it was looked up.
            let is_hidden = refused == Registered::EmailTaken && !auto_sign_in;
            if is_hidden && store::email_is_taken(&mut db, &user.email).await? {
                drop(db);
                return Ok(Json(fabricated(app, user).await?));
            }
            Err((&FAILED_TO_CREATE_USER).into())
        }
    }
}

/// The answer to someone whose address is taken, who must not learn that: that to a new user.
async fn fabricated(app: &App, mut user: User) -> Result<SignedUp, ApiError> {
    if user.id.is_empty() {
        user.id = store::next_id(&mut app.db.get().await?).await?;
    }
    Ok(SignedUp { token: None, user })
}

/// Records that there is a new user, and that they are signed in.
async fn record(
    app: &App,
    issuer: &Issuer,
    db: &mut Conn,
    user: &User,
    session: Option<&Session>,
) -> Result<(), ApiError> {
    let created = Event::new(EventKind::UserCreated)
        .of_user(&user.id)
        .from_client(issuer.client())
        .with("email", user.email.as_str());
    app.events.record(db, created).await?;
    if let Some(session) = session {
        let client = issuer.client();
        app.events.session_created(db, session, client).await?;
    }
    Ok(())
}

/// The answer to a new user, who is signed in if a session was stored with them.
fn signed_up(issuer: &Issuer, user: User, stored: Option<Session>, remember: bool) -> SignedUp {
    let Some(session) = stored else {
        return SignedUp { token: None, user };
    };
    let current = SessionUser { session, user };
    issuer.announce(&current, Some(remember));
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
