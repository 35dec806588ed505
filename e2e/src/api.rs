//! A client of the API, as far as the tests need one: sign up, sign in, read the session.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use sha2::Sha256;
use ureq::http::{HeaderMap, Response, header};
use ureq::{Agent, Body};

/// How long a request may take, as long as the server gives it; a longer one counts as failed.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// What becomes of a connection after its response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Connections {
    /// One for each request, as from many clients.
    Fresh,
    /// Kept for the next request, as a proxy does.
    Kept,
}

/// Someone who can sign in.
#[derive(Clone, Debug)]
pub struct Account {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// A client of one API.
pub struct Client {
    agent: Agent,
    base_url: String,
    origin: String,
}

impl Client {
    /// A client of the API at `base_url`, which calls from the origin of that URL.
    pub fn new(base_url: &str, connections: Connections) -> Self {
        let idle = usize::from(connections == Connections::Kept);
        let agent = Agent::config_builder()
            .timeout_global(Some(REQUEST_LIMIT))
            .max_idle_connections(idle)
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .into();
        let path = base_url.find("://").and_then(|scheme| {
            let host = scheme + "://".len();
            base_url[host..].find('/').map(|path| host + path)
        });
        let origin = base_url[..path.unwrap_or(base_url.len())].to_owned();
        Self {
            agent,
            base_url: base_url.to_owned(),
            origin,
        }
    }

    /// Makes an account, and returns the session cookie that comes with it.
    pub fn sign_up(&self, account: &Account) -> Result<String> {
        let mut body = credentials(account);
        body["name"] = json!("Ada");
        self.post("/sign-up/email", &body, account)
    }

    /// Signs in and returns the session cookie.
    pub fn sign_in(&self, account: &Account) -> Result<String> {
        self.post("/sign-in/email", &credentials(account), account)
    }

    /// Checks that the cookie stands for a session of the account.
    pub fn session(&self, cookie: &str, account: &Account) -> Result<()> {
        let response = self
            .agent
            .get(format!("{}/get-session", self.base_url))
            .header(header::COOKIE, cookie)
            .call()
            .context("GET /get-session")?;
        answered_for("/get-session", account, response).map(drop)
    }

    /// Checks that the API answers at all.
    pub fn ok(&self) -> Result<()> {
        let response = self
            .agent
            .get(format!("{}/ok", self.base_url))
            .call()
            .context("GET /ok")?;
        ensure!(
            response.status().is_success(),
            "/ok answers {}",
            response.status()
        );
        Ok(())
    }

    fn post(&self, path: &str, body: &Value, account: &Account) -> Result<String> {
        let response = self
            .agent
            .post(format!("{}{path}", self.base_url))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ORIGIN, &self.origin)
            .send(body.to_string())
            .with_context(|| format!("POST {path}"))?;
        Ok(cookies(&answered_for(path, account, response)?))
    }
}

fn credentials(account: &Account) -> Value {
    json!({"email": account.email, "password": account.password})
}

/// The headers of a response that names the account.
fn answered_for(path: &str, account: &Account, response: Response<Body>) -> Result<HeaderMap> {
    let (parts, mut body) = response.into_parts();
    let body = body
        .read_to_string()
        .with_context(|| format!("{path} breaks off"))?;
    ensure!(
        parts.status.is_success(),
        "{path} answers {}: {body}",
        parts.status
    );
    let body: Value =
        serde_json::from_str(&body).with_context(|| format!("{path} answers no JSON: {body}"))?;
    ensure!(
        body["user"]["email"] == account.email,
        "{path} answers {body}"
    );
    Ok(parts.headers)
}

/// The `Cookie` header that answers the `Set-Cookie` headers.
fn cookies(headers: &HeaderMap) -> String {
    headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .collect::<Vec<_>>()
        .join("; ")
}

/// Whether the session cookie in a `Cookie` header is signed with `secret`.
pub fn is_signed_with(cookies: &str, secret: &str) -> Result<bool> {
    let session = cookies
        .split("; ")
        .find_map(|cookie| cookie.split_once("session_token="))
        .context("no session cookie")?;
    let value = percent_decode_str(session.1).decode_utf8()?;
    let (token, signature) = value.split_once('.').context("an unsigned cookie")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(token.as_bytes());
    Ok(mac.verify_slice(&STANDARD.decode(signature)?).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_tells_the_secret_that_signed_it() {
        // printf token | openssl dgst -sha256 -hmac secret -binary | base64
        let cookie = "better-auth.session_token=token.6UERDj0r%2FoJiHw4%2BFDRzDXMF0QbF9oyHFl0LJ6RhGko%3D; other=1";
        assert!(is_signed_with(cookie, "secret").unwrap());
        assert!(!is_signed_with(cookie, "another").unwrap());
    }

    #[test]
    fn the_origin_is_that_of_the_base_url() {
        for (base_url, origin) in [
            ("http://shop/api", "http://shop"),
            ("http://localhost:8100/api/auth", "http://localhost:8100"),
            ("https://shop.example", "https://shop.example"),
        ] {
            assert_eq!(Client::new(base_url, Connections::Fresh).origin, origin);
        }
    }
}
