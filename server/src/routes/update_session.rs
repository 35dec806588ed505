//! `POST /update-session`: changes fields that a plugin or the settings have added to sessions. There are none yet,
//! so that every request asks for nothing that can be changed.

use serde::Deserialize;

use crate::{
    http::{
        error::ApiError,
        extract::{Body, Input},
        reply::Json,
        schema::Schema,
        session::CachedSession,
        table::Route,
    },
    route,
};

pub(super) const ROUTES: &[Route] =
    &[route!(POST "/update-session" => update_session).summary("Change fields of the session")];

#[derive(Deserialize)]
struct UpdateSession {}

impl Input for UpdateSession {
    const SCHEMA: Schema = Schema::record();
}

async fn update_session(
    Body(UpdateSession {}): Body<UpdateSession>,
    _: CachedSession,
) -> Result<Json<()>, ApiError> {
    Err(ApiError::bad_request("No fields to update"))
}
