//! Sends a browser to a service, and remembers what it comes back to.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    app::App,
    crypto::token::generate,
    http::{StatusCode, cookie::Jar, error::ApiError},
    identity::verification::NewVerification,
    oauth::{
        authorize::Request,
        provider::Provider,
        state::{Flow, LIFETIME, Link, identifier},
    },
};
use authbackend_crds::auth::StateStrategy;

/// Characters of states, nonces and code verifiers, as better-auth has them: `a-z A-Z 0-9 - _`.
const URL_SAFE: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/// Characters of a state and of a nonce.
const STATE_LENGTH: usize = 32;

/// Bytes of what is remembered: anybody may begin a sign-in, and what they want to be remembered is stored.
const MAX_FLOW: usize = 16 * 1024;

/// Characters of a code verifier: the most that RFC 7636, section 4.1, allows.
const VERIFIER_LENGTH: usize = 128;

/// The purpose that the encrypted state is bound to.
pub(in crate::routes) const STATE_PURPOSE: &str = "oauth-state-cookie";

/// What a client asks for, whether it signs in or links an account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Start {
    /// Where the browser goes in the end. Without one: to the front page of the API's origin.
    #[serde(rename = "callbackURL")]
    pub(in crate::routes) callback_url: Option<String>,
    /// Where it goes after an error.
    #[serde(rename = "errorCallbackURL")]
    error_callback_url: Option<String>,
    /// Where that of a new user goes: for those who sign in only.
    #[serde(skip)]
    pub(in crate::routes) new_user_url: Option<String>,
    /// Whether the client goes to the service by itself.
    pub(in crate::routes) disable_redirect: Option<bool>,
    /// Whether the client asks for sign-up.
    pub(in crate::routes) request_sign_up: Option<bool>,
    /// Who links an account.
    #[serde(skip)]
    pub(in crate::routes) link: Option<Link>,
    /// What the client wants to be remembered.
    #[serde(default)]
    additional_data: Map<String, Value>,
    /// Further scopes.
    #[serde(default)]
    scopes: Vec<String>,
    /// Who is about to sign in.
    login_hint: Option<String>,
    /// Further parameters for the page.
    #[serde(default)]
    pub(in crate::routes) additional_params: BTreeMap<String, String>,
}

/// The URL of the page of `provider`, after everything that belongs to it is remembered.
pub(in crate::routes) async fn begin(
    app: &App,
    jar: &Jar,
    provider: &Provider,
    start: Start,
) -> Result<String, ApiError> {
    let state = generate(&app.random, URL_SAFE, STATE_LENGTH);
    let verifier = generate(&app.random, URL_SAFE, VERIFIER_LENGTH);
    let nonce = provider
        .requires_nonce()
        .then(|| generate(&app.random, URL_SAFE, STATE_LENGTH));
    let now = app.clock.now();
    let own = app.config.base_url.origin();
    let flow = Flow {
        callback_url: start
            .callback_url
            .filter(|url| !url.is_empty())
            .unwrap_or_else(|| own.to_owned()),
        code_verifier: verifier.clone(),
        error_url: start.error_callback_url,
        new_user_url: start.new_user_url,
        link: start.link,
        expires_at: Flow::expiry(now),
        oauth_state: Some(state.clone()),
        request_sign_up: start.request_sign_up,
        id_token_nonce: nonce.clone(),
        additional: Flow::additional(start.additional_data),
    };
    let parameters: Vec<_> = start.additional_params.into_iter().collect();
    let url = provider.page_url(&Request {
        state: &state,
        verifier: &verifier,
        redirect_uri: &redirect_uri(app, provider),
        nonce: nonce.as_deref(),
        scopes: &start.scopes,
        login_hint: start.login_hint.as_deref(),
        additional: &parameters,
    })?;
    remember(app, jar, &state, &flow).await?;
    Ok(url)
}

/// Where a service sends users back to.
pub(in crate::routes) fn redirect_uri(app: &App, provider: &Provider) -> String {
    format!(
        "{}/callback/{}",
        app.config.base_url.as_str(),
        provider.id()
    )
}

async fn remember(app: &App, jar: &Jar, state: &str, flow: &Flow) -> Result<(), ApiError> {
    let text = serde_json::to_string(flow)?;
    if text.len() > MAX_FLOW {
        return Err(ApiError::Empty(StatusCode::PAYLOAD_TOO_LARGE));
    }
    match app.config.settings.account().store_state_strategy() {
        StateStrategy::Cookie => {
            let sealed = app.purpose_box(STATE_PURPOSE).seal(&text, &app.random)?;
            jar.set_sealed_state(&sealed);
        }
        StateStrategy::Database => {
            jar.set_state(state);
            let now = app.clock.now();
            let verification = NewVerification {
                id: app.new_id(),
                identifier: &identifier(state),
                value: &text,
                expires_at: now + LIFETIME,
            };
            let mut db = app.db.get().await?;
            app.verifications
                .create(&mut db, &verification, now)
                .await?;
        }
    }
    Ok(())
}
