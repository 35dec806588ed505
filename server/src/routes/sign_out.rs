//! `POST /sign-out`: ends the session of the request, if it has one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    http::{
        cookie::Jar,
        error::ApiError,
        extract::{Body, Client, Input, State},
        reply::Json,
        schema::{Field, Schema},
        table::Route,
    },
    identity::session::store,
    route,
};

pub(super) const ROUTES: &[Route] =
    &[route!(POST "/sign-out" => sign_out).summary("End the session")];

/// Where to go after signing out elsewhere too, which no provider offers yet; checked all the same.
#[derive(Deserialize)]
struct SignOut {}

impl Input for SignOut {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("callbackURL").optional(),
        Field::boolean("disableRedirect").optional(),
        Field::string("state").optional(),
    ])
    .optional();
}

#[derive(JsonSchema, Serialize)]
struct SignedOut {
    success: bool,
}

async fn sign_out(
    State(app): State,
    Body(SignOut {}): Body<SignOut>,
    jar: Jar,
    client: Client,
) -> Result<Json<SignedOut>, ApiError> {
    if let Some(token) = jar.session_token() {
        let mut db = app.db.get().await?;
        let scope = app.events.begin(&mut db).await?;
        if let Some((id, user_id)) = store::close(&mut db, token).await? {
            let events = &app.events;
            events
                .sessions_revoked(&mut db, &user_id, vec![id], &client)
                .await?;
        }
        app.events.commit(&mut db, scope).await?;
    }
    jar.clear_session();
    Ok(Json(SignedOut { success: true }))
}
