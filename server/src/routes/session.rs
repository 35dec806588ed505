//! Reading, listing and ending sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    http::{
        content_type::Accepts,
        cookie::Jar,
        error::ApiError,
        error_code::METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED,
        extract::{Body, Database, Input, State},
        reply::Json,
        schema::{Field, Schema},
        session::{CurrentSession, FreshSession, MaybeSession},
        table::Route,
    },
    identity::session::{Session, SessionUser, store},
    route,
};

pub(super) const ROUTES: &[Route] = &[
    route!(GET "/get-session" => get_session)
        .summary("Read the session and its user")
        .query(&[
            Field::string("disableCookieCache").optional(),
            Field::string("disableRefresh").optional(),
        ])
        .accepting(Accepts::Nothing)
        .never_stored(),
    route!(POST "/get-session" => get_session_by_post)
        .summary("Read the session and extend it")
        .fails(&[&METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED])
        .accepting(Accepts::Nothing)
        .never_stored(),
    route!(GET "/list-sessions" => list_sessions).summary("List the sessions of the user"),
    route!(POST "/revoke-session" => revoke_session).summary("End a session of the user"),
    route!(POST "/revoke-sessions" => revoke_sessions).summary("End all sessions of the user"),
    route!(POST "/revoke-other-sessions" => revoke_other_sessions)
        .summary("End all sessions of the user but this one"),
];

/// That something was done.
#[derive(JsonSchema, Serialize)]
pub(super) struct Done {
    status: bool,
}

/// That something was done.
pub(super) const DONE: Done = Done { status: true };

async fn get_session(
    MaybeSession(session): MaybeSession,
) -> Result<Json<Option<SessionUser>>, ApiError> {
    Ok(Json(session))
}

/// better-auth answers it when sessions are extended by a request of their own, a setting not offered here.
async fn get_session_by_post() -> Result<Json<()>, ApiError> {
    Err((&METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED).into())
}

async fn list_sessions(
    State(app): State,
    FreshSession(current): FreshSession,
    Database(mut db): Database,
) -> Result<Json<Vec<Session>>, ApiError> {
    Ok(Json(
        store::active(&mut db, &current.user.id, app.clock.now()).await?,
    ))
}

#[derive(Deserialize)]
struct RevokeSession {
    token: String,
}

impl Input for RevokeSession {
    const SCHEMA: Schema = Schema::object(&[Field::string("token")]);
}

async fn revoke_session(
    Body(input): Body<RevokeSession>,
    CurrentSession(current): CurrentSession,
    Database(mut db): Database,
    jar: Jar,
) -> Result<Json<Done>, ApiError> {
    store::revoke(&mut db, &current.user.id, &input.token).await?;
    if input.token == current.session.token {
        jar.clear_session();
    }
    Ok(Json(DONE))
}

async fn revoke_sessions(
    CurrentSession(current): CurrentSession,
    Database(mut db): Database,
    jar: Jar,
) -> Result<Json<Done>, ApiError> {
    store::revoke_all(&mut db, &current.user.id).await?;
    jar.clear_session();
    Ok(Json(DONE))
}

async fn revoke_other_sessions(
    State(app): State,
    CurrentSession(current): CurrentSession,
    Database(mut db): Database,
) -> Result<Json<Done>, ApiError> {
    let SessionUser { session, user } = &current;
    store::revoke_others(&mut db, &user.id, &session.token, app.clock.now()).await?;
    Ok(Json(DONE))
}
