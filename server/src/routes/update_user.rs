//! What users change about themselves: `POST /update-user` and `POST /change-password`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    password::{check_not_too_long, check_not_too_short},
    session::{DONE, Done},
};
use crate::{
    db::is_refused,
    events::{Event, EventKind},
    http::{
        error::ApiError,
        error_code::{
            CREDENTIAL_ACCOUNT_NOT_FOUND, EMAIL_CAN_NOT_BE_UPDATED, FAILED_TO_UPDATE_USER,
            FIELD_NOT_ALLOWED, INVALID_PASSWORD, PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT,
            TOO_MANY_PASSWORDS, UNAUTHORIZED,
        },
        extract::{Body, Database, Input, State},
        reply::Json,
        schema::{Field, Schema},
        session::{CachedSession, CurrentSession, Issuer},
        table::Route,
    },
    identity::{
        account::{self, Credential},
        fields::is_truthy,
        session::SessionUser,
        user::{self, User, UserChanges},
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[
    route!(POST "/update-user" => update_user)
        .summary("Change the name and the picture of the user")
        .reading_large_bodies()
        .fails(&[
            &EMAIL_CAN_NOT_BE_UPDATED,
            &FAILED_TO_UPDATE_USER,
            &FIELD_NOT_ALLOWED,
        ]),
    route!(POST "/change-password" => change_password)
        .summary("Change the password of the user")
        .fails(&[
            &CREDENTIAL_ACCOUNT_NOT_FOUND,
            &INVALID_PASSWORD,
            &PASSWORD_TOO_LONG,
            &PASSWORD_TOO_SHORT,
            &TOO_MANY_PASSWORDS,
        ]),
];

#[derive(Deserialize)]
#[serde(transparent)]
struct UpdateUser(Map<String, Value>);

impl Input for UpdateUser {
    const SCHEMA: Schema = Schema::record().with(&[
        Field::string("name").optional(),
        Field::string("image").nullable().optional(),
    ]);
}

impl UpdateUser {
    fn changes(mut self, additional: Map<String, Value>) -> UserChanges {
        let mut text = |name| match self.0.remove(name) {
            Some(Value::String(text)) => Some(Some(text)),
            Some(_) => Some(None),
            None => None,
        };
        UserChanges {
            name: text("name").flatten(),
            image: text("image"),
            additional,
        }
    }
}

async fn update_user(
    State(app): State,
    Body(input): Body<UpdateUser>,
    CachedSession(current): CachedSession,
    Database(mut db): Database,
    issuer: Issuer,
) -> Result<Json<Done>, ApiError> {
    if input.0.get("email").is_some_and(is_truthy) {
        return Err((&EMAIL_CAN_NOT_BE_UPDATED).into());
    }
    let fields = app.user_fields.update(&input.0)?;
    if !fields.unfit.is_empty() {
        return Err(ApiError::validation(fields.unfit.join("; ")));
    }
    let changes = input.changes(fields.stored);
    if changes.is_empty() {
        return Err(ApiError::bad_request("No fields to update"));
    }
    let scope = app.events.begin(&mut db).await?;
    let now = app.clock.now();
    let updated = user::store::update(&mut db, &current.user.id, &changes, now).await;
    if updated.as_ref().is_err_and(is_refused) {
        return Err((&FAILED_TO_UPDATE_USER).into());
    }
    let updated = updated?;
    if let Some(user) = &updated {
        app.sessions.user_changed(user, now).await?;
    }
    let event = Event::new(EventKind::UserUpdated)
        .of_user(&current.user.id)
        .in_session(&current.session.id)
        .from_client(issuer.client());
    app.events.record(&mut db, event).await?;
    app.events.commit(&mut db, scope).await?;
    issuer.renew(&SessionUser {
        user: updated.unwrap_or_else(|| changes.applied_to(current.user)),
        session: current.session,
    });
    Ok(Json(DONE))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangePassword {
    new_password: String,
    current_password: String,
    revoke_other_sessions: Option<bool>,
}

impl Input for ChangePassword {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("newPassword"),
        Field::string("currentPassword"),
        Field::boolean("revokeOtherSessions").optional(),
    ]);
}

#[derive(JsonSchema, Serialize)]
struct PasswordChanged {
    /// Token of the session that is left, if the others were revoked.
    token: Option<String>,
    user: User,
}

async fn change_password(
    State(app): State,
    Body(input): Body<ChangePassword>,
    CurrentSession(current): CurrentSession,
    issuer: Issuer,
) -> Result<Json<PasswordChanged>, ApiError> {
    let settings = app.config.settings.email_and_password();
    check_not_too_short(&settings, &input.new_password)?;
    check_not_too_long(&settings, &input.new_password)?;
    check_not_too_long(&settings, &input.current_password)?;
    let SessionUser { session, user } = current;
    let changed = Event::new(EventKind::PasswordChanged)
        .of_user(&user.id)
        .in_session(session.id.as_str())
        .from_client(issuer.client());
    let found = account::store::credential_of(&mut app.db.get().await?, &user.id).await?;
    let Some(Credential {
        id: account_id,
        password: Some(old),
    }) = found
    else {
        return Err((&CREDENTIAL_ACCOUNT_NOT_FOUND).into());
    };
    let is_right = app.hasher.verify(old.clone(), input.current_password);
    if !is_right.await? {
        return Err((&INVALID_PASSWORD).into());
    }
    let new = app.hasher.hash(input.new_password).await?;
    let mut db = app.db.get().await?;
    db.begin().await?;
    // While passwords were hashed the session may have been ended, and the password been changed: nothing that was
    // known before counts.
    let is_there = user::store::lock(&mut db, &user.id).await?;
    let still = app.sessions.by_token(&mut db, &session.token).await?;
    if !is_there || still.is_none() {
        return Err((&UNAUTHORIZED).into());
    }
    let now = app.clock.now();
    if !account::store::replace_password(&mut db, &account_id, &old, &new, now).await? {
        return Err((&INVALID_PASSWORD).into());
    }
    let (events, client) = (&app.events, issuer.client());
    events.record(&mut db, changed).await?;
    if input.revoke_other_sessions != Some(true) {
        db.commit().await?;
        return Ok(Json(PasswordChanged { token: None, user }));
    }
    let revoked = app.sessions.revoke_all(&mut db, &user.id, now).await?;
    events
        .sessions_revoked(&mut db, &user.id, revoked, client)
        .await?;
    let session = issuer.prepare(&user.id, true);
    let session = app.sessions.open(&mut db, session, &user).await?;
    events.session_created(&mut db, &session, client).await?;
    db.commit().await?;
    let current = SessionUser { session, user };
    issuer.renew(&current);
    Ok(Json(PasswordChanged {
        token: Some(current.session.token),
        user: current.user,
    }))
}
