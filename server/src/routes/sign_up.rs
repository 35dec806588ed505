//! `POST /sign-up/email`: a new user with an email address and a password.

use serde::{Deserialize, Serialize};

use super::password::{check_not_too_long, check_not_too_short};
use crate::{
    app::App,
    crypto::token,
    http::{
        content_type::Accepts,
        cookie::Jar,
        error::ApiError,
        error_code::{
            EMAIL_PASSWORD_SIGN_UP_DISABLED, FAILED_TO_CREATE_USER,
            USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
        },
        extract::{Body, Client, Input, State},
        origin::FormCsrf,
        reply::Json,
        schema::{Field, Schema},
        table::Route,
    },
    identity::{
        session::NewSession,
        user::{
            User,
            store::{self, Registered, Registration},
        },
    },
    route,
};

pub(super) const ROUTES: &[Route] =
    &[route!(POST "/sign-up/email" => email).accepting(Accepts::FormOrJson)];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignUp {
    name: String,
    email: String,
    password: String,
    image: Option<String>,
    remember_me: Option<bool>,
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

#[derive(Serialize)]
struct SignedUp {
    /// Absent when the user has to sign in first.
    token: Option<String>,
    user: User,
}

async fn email(
    State(app): State,
    Body(input): Body<SignUp>,
    _: FormCsrf,
    client: Client,
    jar: Jar,
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
    } = input;
    let user = new_user(&app, name, &email, image);
    let is_taken = store::email_is_taken(&mut *app.db.get().await?, &user.email).await?;
    if is_taken && settings.auto_sign_in() {
        return Err((&USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL).into());
    }
    let hash = app.hasher.hash(password).await?;
    if is_taken {
        // Whoever asks must not learn whether the address is known: the answer is that to a new user.
        return Ok(Json(SignedUp { token: None, user }));
    }
    let remember = remember_me != Some(false);
    let session = settings.auto_sign_in().then(|| {
        let settings = app.config.settings.session();
        NewSession::new(&user.id, remember, &settings, user.created_at, &app.random)
            .from_client(client.ip_address, client.user_agent)
    });
    let registration = Registration {
        user: &user,
        account_id: &token::id(&app.random),
        password: &hash,
        session: session.as_ref(),
    };
    match store::register(&mut *app.db.get().await?, &registration).await? {
        Registered::Done => {}
        // Another request has taken the address since it was looked up.
        Registered::EmailTaken if !settings.auto_sign_in() => {}
        Registered::EmailTaken | Registered::Unstorable => {
            return Err((&FAILED_TO_CREATE_USER).into());
        }
    }
    if let Some(session) = &session {
        jar.set_session(session.token(), Some(remember));
    }
    Ok(Json(SignedUp {
        token: session.map(|session| session.token().to_owned()),
        user,
    }))
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
        id: token::id(&app.random),
    }
}
