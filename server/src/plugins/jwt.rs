//! `jwt`: signed tokens for other services, which verify them by the server's public keys.

mod claims;
mod keys;
mod store;

use std::borrow::Cow;

use authbackend_crds::auth::Jwt;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    app::App,
    crypto::jws,
    http::{
        HeaderValue, Response, StatusCode,
        error::ApiError,
        extract::State,
        openapi::Operation,
        plugin::{After, Answered, Plugin},
        reply::{self, IntoReply as _, Json},
        session::CachedSession,
        table::Route,
    },
    identity::session::SessionUser,
    route,
};

pub(super) static PLUGIN: Plugin = Plugin {
    tag: "Jwt",
    routes: ROUTES,
    moved: |settings| {
        let plugins = settings.plugins();
        let jwt = plugins.jwt.as_ref();
        let path = jwt.and_then(|jwt| jwt.jwks().jwks_path.clone());
        path.map(|path| (JWKS, path)).into_iter().collect()
    },
    after: Some(After {
        on: |route| route.path == "/get-session",
        run: |answered, response| Box::pin(add_token(answered, response)),
    }),
    ..Plugin::new("jwt", |settings| settings.plugins().jwt.is_some())
};

/// Path of the public keys, unless the settings give it another one.
const JWKS: &str = "/jwks";

const ROUTES: &[Route] = &[
    route!(GET "/jwks" => jwks)
        .summary("Publish the public keys")
        .answering(Operation::answers_json::<PublicKeys>),
    route!(GET "/token" => token).summary("Sign a token for other services"),
];

/// The settings of this plugin.
fn settings(app: &App) -> Cow<'_, Jwt> {
    let plugins = app.config.settings.plugins.as_ref();
    let own = plugins.and_then(|plugins| plugins.jwt.as_ref());
    own.map(Cow::Borrowed).unwrap_or_default()
}

/// The public keys.
#[derive(JsonSchema, Serialize)]
struct PublicKeys {
    keys: Vec<Map<String, Value>>,
}

async fn jwks(State(app): State) -> Result<Response, ApiError> {
    let settings = settings(&app);
    let settings = settings.jwks();
    if settings.remote_url.is_some() {
        return Err(ApiError::Empty(StatusCode::NOT_FOUND));
    }
    let keys = keys::published(&app, &settings).await?;
    Ok(Json(PublicKeys { keys }).into_reply())
}

/// A token.
#[derive(JsonSchema, Serialize)]
struct Token {
    token: String,
}

async fn token(
    State(app): State,
    CachedSession(current): CachedSession,
) -> Result<Json<Token>, ApiError> {
    let token = sign(&app, &current).await?;
    Ok(Json(Token { token }))
}

/// Puts a token for the session into the header `set-auth-jwt`.
async fn add_token(answered: &Answered, response: &mut Response) -> Result<(), ApiError> {
    if settings(&answered.app).disable_setting_jwt_header() {
        return Ok(());
    }
    if let Some(current) = answered.known.get() {
        let token = sign(&answered.app, &current).await?;
        reply::expose(response, "set-auth-jwt", HeaderValue::from_str(&token)?);
    }
    Ok(())
}

/// A token that cannot be signed.
#[derive(Debug, thiserror::Error)]
enum SignError {
    /// Its claims.
    #[error("the claims of a token could not be written as JSON")]
    Claims(#[from] serde_json::Error),
    /// Its key.
    #[error(transparent)]
    Key(#[from] jws::KeyError),
}

async fn sign(app: &App, current: &SessionUser) -> Result<String, ApiError> {
    let settings = settings(app);
    let signing = keys::signing(app, &settings.jwks()).await?;
    let claims = claims::claims(
        &settings.jwt(),
        current,
        app.config.base_url.origin(),
        app.clock.now(),
    )?;
    let header = json!({ "alg": signing.key.algorithm().name(), "kid": signing.id });
    Ok(jws::encode(&header, &claims, |signed| {
        Ok::<_, SignError>(signing.key.sign(signed.as_bytes())?)
    })?)
}
