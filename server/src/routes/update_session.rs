//! `POST /update-session`: changes fields that the settings have added to sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    http::{
        error::ApiError,
        error_code::{FIELD_NOT_ALLOWED, SESSION_ENDED},
        extract::{Body, Database, Input, State},
        reply::Json,
        schema::Schema,
        session::{CachedSession, Issuer},
        table::Route,
    },
    identity::session::{Session, SessionUser},
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/update-session" => update_session)
    .summary("Change fields of the session")
    .reading_large_bodies()
    .fails(&[&FIELD_NOT_ALLOWED, &SESSION_ENDED])];

#[derive(Deserialize)]
#[serde(transparent)]
struct UpdateSession(Map<String, Value>);

impl Input for UpdateSession {
    const SCHEMA: Schema = Schema::record();
}

#[derive(JsonSchema, Serialize)]
struct Updated {
    session: Session,
}

async fn update_session(
    State(app): State,
    Body(UpdateSession(given)): Body<UpdateSession>,
    CachedSession(current): CachedSession,
    Database(mut db): Database,
    issuer: Issuer,
) -> Result<Json<Updated>, ApiError> {
    let fields = app.session_fields.update(&given)?;
    if !fields.unfit.is_empty() {
        return Err(ApiError::validation(fields.unfit.join("; ")));
    }
    if fields.stored.is_empty() {
        return Err(ApiError::bad_request("No fields to update"));
    }
    let now = app.clock.now();
    let (sessions, token) = (&app.sessions, &current.session.token);
    let updated = sessions.update(&mut db, token, &fields.stored, now).await?;
    let Some(session) = updated else {
        issuer.end();
        return Err((&SESSION_ENDED).into());
    };
    let current = SessionUser {
        session,
        user: current.user,
    };
    issuer.renew(&current);
    Ok(Json(Updated {
        session: current.session,
    }))
}
