//! Tokens: for a code, and for a refresh token.

use std::fmt;

use authbackend_crds::auth::{SocialProvider, TokenEndpointAuthMethod};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::header::{ACCEPT, AUTHORIZATION};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use url::form_urlencoded;

use super::{
    authorize::Parameters,
    service::{ClientAuth, Refresh, Scopes, Service, Special},
    transport::{Call, ServiceError, Transport, json},
    wechat,
};
use crate::config::Secret;

/// What a service has given for a user.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Tokens {
    /// For calls of the service's API.
    pub access_token: Option<String>,
    /// For a new access token.
    pub refresh_token: Option<String>,
    /// Says who the user is.
    pub id_token: Option<String>,
    /// When the access token ends.
    pub access_token_expires_at: Option<OffsetDateTime>,
    /// When the refresh token ends.
    pub refresh_token_expires_at: Option<OffsetDateTime>,
    /// What the access token may be used for.
    pub scopes: Vec<String>,
    /// The user's id, which WeChat gives with the tokens.
    pub open_id: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tokens")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// How the application is known to a service.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The client id; TikTok's client key.
    pub id: &'a str,
    /// The client secret.
    pub secret: Option<&'a Secret>,
}

/// A code, and what proves that it is ours.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    /// The code.
    pub code: &'a str,
    /// What the code challenge is the hash of.
    pub verifier: &'a str,
    /// Where the user was sent back to.
    pub redirect_uri: &'a str,
    /// The device, which VK names.
    pub device_id: Option<&'a str>,
}

/// The tokens for `code`.
///
/// # Errors
/// The service gives none.
pub async fn exchange(
    http: &impl Transport,
    service: &Service,
    settings: &SocialProvider,
    client: Client<'_>,
    code: Code<'_>,
    now: OffsetDateTime,
) -> Result<Tokens, ServiceError> {
    let url = endpoint(service, settings);
    if service.special == Some(Special::Wechat) {
        return wechat::exchange(http, &url, client, code.code, now).await;
    }
    let exchange = &service.exchange;
    let verifier = exchange.verifier.then_some(code.verifier);
    let mut form = code_form(&code, verifier, exchange.device_id);
    form.set(
        "redirect_uri",
        settings
            .redirect_uri
            .as_deref()
            .filter(|uri| !uri.is_empty())
            .unwrap_or(code.redirect_uri),
    );
    let auth = auth(exchange.auth, settings, client);
    let call = call(&url, form, auth, client)?.with_all(exchange.headers);
    read(&json(&http.send(call).await?)?, now)
}

/// The form that brings a code; the verifier comes with it where the service knows PKCE.
pub fn code_form(code: &Code<'_>, verifier: Option<&str>, device_id: bool) -> Parameters {
    let mut form = Parameters::default();
    form.set("grant_type", "authorization_code");
    form.set("code", code.code);
    form.set_some("code_verifier", verifier);
    form.set_some("device_id", code.device_id.filter(|_| device_id));
    form
}

/// New tokens for a refresh token.
///
/// # Errors
/// The service gives none.
pub async fn refresh(
    http: &impl Transport,
    service: &Service,
    settings: &SocialProvider,
    client: Client<'_>,
    refresh_token: &str,
    now: OffsetDateTime,
) -> Result<Tokens, ServiceError> {
    let url = endpoint(service, settings);
    if service.special == Some(Special::Wechat) {
        return wechat::refresh(http, &url, client, refresh_token, now).await;
    }
    let mut form = refresh_form(refresh_token);
    if let (Refresh::WithScopes, Scopes::Default(default)) =
        (service.exchange.refresh, &service.page.scopes)
    {
        let kept = default
            .iter()
            .filter(|_| settings.disable_default_scope != Some(true));
        let scopes: Vec<_> = kept
            .copied()
            .chain(settings.scope.iter().flatten().map(String::as_str))
            .collect();
        form.set("scope", scopes.join(" "));
    }
    let auth = auth(service.exchange.refresh_auth, settings, client);
    let call = call(&url, form, auth, client)?;
    read_refreshed(&json(&http.send(call).await?)?, now)
}

/// The form that brings a refresh token.
pub fn refresh_form(refresh_token: &str) -> Parameters {
    let mut form = Parameters::default();
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", refresh_token);
    form
}

fn endpoint(service: &Service, settings: &SocialProvider) -> String {
    match &settings.token_endpoint {
        Some(url) if !url.is_empty() => url.clone(),
        _ => service.url(service.exchange.url, settings).into_owned(),
    }
}

fn auth(auth: ClientAuth, settings: &SocialProvider, client: Client<'_>) -> ClientAuth {
    if auth != ClientAuth::Setting {
        return auth;
    }
    let is_basic = match settings.token_endpoint_auth_method {
        Some(method) => method == TokenEndpointAuthMethod::ClientSecretBasic,
        None => client.secret.is_some(),
    };
    if is_basic {
        ClientAuth::Basic
    } else {
        ClientAuth::Post
    }
}

/// The call that brings `form`, with which the client proves who it is.
///
/// # Errors
/// There is no client secret where one is needed.
pub fn call(
    url: &str,
    mut form: Parameters,
    auth: ClientAuth,
    client: Client<'_>,
) -> Result<Call, ServiceError> {
    let secret = client.secret.map(Secret::expose);
    let mut authorization = None;
    match auth {
        ClientAuth::Basic => {
            let secret = secret.ok_or(ServiceError::NoSecret)?;
            authorization = Some(basic(client.id, secret));
        }
        ClientAuth::ClientKey => {
            form.set("client_key", client.id);
            form.set("client_secret", secret.ok_or(ServiceError::NoSecret)?);
        }
        ClientAuth::Post | ClientAuth::Setting => {
            form.set("client_id", client.id);
            form.set_some("client_secret", secret);
        }
    }
    let mut call = Call::form(url, form.encoded()).with(ACCEPT, "application/json");
    if let Some(authorization) = authorization {
        call = call.with(AUTHORIZATION, authorization);
    }
    Ok(call)
}

/// Id and secret, each form-encoded, as RFC 6749, section 2.3.1, has them.
fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))
    )
}

/// Reads the answer to a code (RFC 6749, section 5.1).
///
/// # Errors
/// It is no object, or an error that came with a status of success.
pub fn read(answer: &Value, now: OffsetDateTime) -> Result<Tokens, ServiceError> {
    let Value::Object(fields) = answer else {
        return Err(ServiceError::Answer("it is no object"));
    };
    let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
    // GitHub and others tell errors with status 200.
    if let (Some(code), None) = (text("error"), text("access_token")) {
        return Err(ServiceError::Refused {
            status: 200,
            code: Some(code.chars().take(64).collect()),
        });
    }
    Ok(Tokens {
        access_token: text("access_token"),
        refresh_token: text("refresh_token"),
        id_token: text("id_token"),
        access_token_expires_at: expiry(fields.get("expires_in"), now),
        refresh_token_expires_at: expiry(fields.get("refresh_token_expires_in"), now),
        scopes: scopes(fields.get("scope")),
        open_id: None,
    })
}

/// Reads the answer to a refresh token, which has to hold an access token.
///
/// # Errors
/// It does not.
pub fn read_refreshed(answer: &Value, now: OffsetDateTime) -> Result<Tokens, ServiceError> {
    let tokens = read(answer, now)?;
    if tokens
        .access_token
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        return Err(ServiceError::Answer("it holds no access token"));
    }
    Ok(tokens)
}

/// The time `seconds` after `now`; some services send the number as text.
pub(super) fn expiry(seconds: Option<&Value>, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let seconds = match seconds? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    if seconds == 0.0 || !seconds.is_finite() {
        return None;
    }
    now.checked_add(Duration::checked_seconds_f64(seconds)?)
}

/// Scopes separated by spaces, or as a list.
fn scopes(scope: Option<&Value>) -> Vec<String> {
    match scope {
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(|scope| scope.trim().to_owned())
            .filter(|scope| !scope.is_empty())
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
