//! `GET /open-api/generate-schema`: the OpenAPI document of the endpoints that are switched on; `GET /reference`: a page
//! of it.

mod page;

use authbackend_crds::auth::OpenApi;
use serde_json::Value;

use super::{Plugin, described, is_enabled};
use crate::{
    app::App,
    http::{
        Response, StatusCode,
        error::ApiError,
        extract::State,
        openapi::{About, Operation, document},
        reply::{self, Json},
    },
    route,
};

pub(super) static PLUGIN: Plugin = Plugin {
    tag: "OpenAPI",
    routes: &[
        route!(GET "/open-api/generate-schema" => generate_schema)
            .summary("Describe the API for programs"),
        route!(GET "/reference" => reference)
            .summary("Describe the API for people")
            .answering(Operation::answers_html),
    ],
    ..Plugin::new("open-api", |settings| settings.plugins().open_api.is_some())
};

async fn generate_schema(State(app): State) -> Result<Json<Value>, ApiError> {
    Ok(Json(describe(&app)))
}

async fn reference(State(app): State) -> Result<Response, ApiError> {
    let plugins = app.config.settings.plugins();
    let settings = plugins.open_api.as_ref();
    if settings.is_some_and(OpenApi::disable_default_reference) {
        return Ok(reply::empty(StatusCode::NOT_FOUND));
    }
    Ok(reply::page(
        page::render(&describe(&app)),
        page::POLICY.as_str(),
    ))
}

/// What this server answers.
fn describe(app: &App) -> Value {
    let settings = &app.config.settings;
    let about = About {
        url: app.config.base_url.as_str(),
        session_cookie: &app.cookies.session_token.name,
        has_bearer: is_enabled("bearer", settings),
    };
    let disabled = settings.disabled_paths.as_deref().unwrap_or_default();
    let routes = described(|plugin| (plugin.is_enabled)(settings));
    let routes = routes
        .into_iter()
        .filter(|(_, route)| !disabled.iter().any(|path| path == route.path));
    document(&about, routes)
}
