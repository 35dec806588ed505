//! Reading, listing and ending sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    db::Conn,
    events::Scope,
    http::{
        Response, StatusCode,
        content_type::Accepts,
        error::ApiError,
        extract::{Body, Database, Input, State},
        openapi::Operation,
        reply::{self, IntoReply, Json},
        schema::{Field, Schema},
        session::{CurrentSession, ExtendedSession, FreshSession, Issuer, MaybeSession},
        table::Route,
    },
    identity::{
        session::{Current, Session, SessionUser},
        user::User,
    },
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

/// The session of the request.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Read<'a> {
    /// The session.
    session: &'a Session,
    /// Its user.
    user: &'a User,
    /// Whether it is time to extend the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs_refresh: Option<bool>,
}

impl IntoReply for MaybeSession {
    fn into_reply(self) -> Response {
        let Self {
            current,
            needs_refresh,
        } = &self;
        let remembered = current.as_ref().filter(|_| needs_refresh.is_none());
        let remembered = remembered.map(Current::remembered_json).transpose();
        match remembered {
            Ok(Some(Some(json))) => reply::written_json(StatusCode::OK, json),
            // Fails only as writing it anew does.
            Ok(_) | Err(_) => Json(
                current
                    .as_deref()
                    .map(|SessionUser { session, user }| Read {
                        session,
                        user,
                        needs_refresh: *needs_refresh,
                    }),
            )
            .into_reply(),
        }
    }

    fn describe(operation: &mut Operation) {
        <Json<Option<Read<'_>>> as IntoReply>::describe(operation);
    }
}

async fn get_session(session: MaybeSession) -> Result<MaybeSession, ApiError> {
    Ok(session)
}

async fn get_session_by_post(
    ExtendedSession(current): ExtendedSession,
) -> Result<Json<Option<SessionUser>>, ApiError> {
    Ok(Json(current))
}

async fn list_sessions(
    State(app): State,
    FreshSession(current): FreshSession,
    Database(mut db): Database,
) -> Result<Json<Vec<Session>>, ApiError> {
    Ok(Json(
        app.sessions
            .active(&mut db, &current.user.id, app.clock.now())
            .await?,
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
    State(app): State,
    Body(input): Body<RevokeSession>,
    CurrentSession(current): CurrentSession,
    Database(mut db): Database,
    issuer: Issuer,
) -> Result<Json<Done>, ApiError> {
    let user_id = &current.user.id;
    let scope = app.events.begin(&mut db).await?;
    let (sessions, now) = (&app.sessions, app.clock.now());
    let revoked = sessions.revoke(&mut db, user_id, &input.token, now).await?;
    told(&app, &mut db, user_id, revoked, &issuer, scope).await?;
    if input.token == current.session.token {
        issuer.end();
    }
    Ok(Json(DONE))
}

async fn revoke_sessions(
    State(app): State,
    CurrentSession(current): CurrentSession,
    Database(mut db): Database,
    issuer: Issuer,
) -> Result<Json<Done>, ApiError> {
    let user_id = &current.user.id;
    let scope = app.events.begin(&mut db).await?;
    let now = app.clock.now();
    let revoked = app.sessions.revoke_all(&mut db, user_id, now).await?;
    told(&app, &mut db, user_id, revoked, &issuer, scope).await?;
    issuer.end();
    Ok(Json(DONE))
}

async fn revoke_other_sessions(
    State(app): State,
    CurrentSession(current): CurrentSession,
    Database(mut db): Database,
    issuer: Issuer,
) -> Result<Json<Done>, ApiError> {
    let SessionUser { session, user } = &current;
    let scope = app.events.begin(&mut db).await?;
    let (sessions, now) = (&app.sessions, app.clock.now());
    let others = sessions.revoke_others(&mut db, &user.id, &session.token, now);
    let revoked = others.await?;
    told(&app, &mut db, &user.id, revoked, &issuer, scope).await?;
    Ok(Json(DONE))
}

/// Records that sessions were ended, and makes both permanent.
async fn told(
    app: &App,
    db: &mut Conn,
    user_id: &str,
    revoked: Vec<String>,
    issuer: &Issuer,
    scope: Scope,
) -> Result<(), ApiError> {
    app.events
        .sessions_revoked(db, user_id, revoked, issuer.client())
        .await?;
    Ok(app.events.commit(db, scope).await?)
}
