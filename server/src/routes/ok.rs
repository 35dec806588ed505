//! `GET /ok`: whether the API answers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    http::{error::ApiError, reply::Json, table::Route},
    route,
};

pub(super) const ROUTES: &[Route] =
    &[route!(GET "/ok" => ok).summary("Tell whether the API answers")];

#[derive(JsonSchema, Serialize)]
struct Status {
    ok: bool,
}

async fn ok() -> Result<Json<Status>, ApiError> {
    Ok(Json(Status { ok: true }))
}
