//! A first user's way through the API: sign up, sign in, read the session.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Response, header};

/// The API of `examples/authbackend.yaml`, on the port that `kind-config.yaml` maps.
pub(crate) const BASE_URL: &str = "http://localhost:8100/api";

/// Where a browser would send the requests from: the origin of [`BASE_URL`].
const ORIGIN: &str = "http://localhost:8100";
/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// How long a node port may take to reach pods that have just become ready.
const REACHABLE_LIMIT: Duration = Duration::from_secs(20);

/// A user who can sign in.
pub(crate) struct Account {
    pub(crate) email: String,
    password: String,
}

impl Account {
    /// A user nobody was before: the time is part of the address.
    fn new() -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(Self {
            email: format!("ada-{}@example.com", now.as_millis()),
            password: "correct horse battery staple".to_owned(),
        })
    }

    /// The body of a sign-in.
    pub(crate) fn as_json(&self) -> Value {
        json!({"email": self.email, "password": self.password})
    }
}

/// Signs a new user up and in, and reads the session that the cookie stands for.
pub(crate) fn take(base_url: &str) -> Result<Account> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(REQUEST_LIMIT))
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into();
    wait_until_reachable(&agent, &format!("{base_url}/ok"))?;

    let account = Account::new()?;
    let mut sign_up = account.as_json();
    sign_up["name"] = json!("Ada");
    let (created, _) = post(&agent, &format!("{base_url}/sign-up/email"), &sign_up)?;
    ensure!(
        created["user"]["email"] == account.email,
        "sign-up answered {created}"
    );

    let (signed_in, headers) = post(
        &agent,
        &format!("{base_url}/sign-in/email"),
        &account.as_json(),
    )?;
    ensure!(
        signed_in["user"]["id"] == created["user"]["id"],
        "sign-in answered {signed_in}"
    );

    let response = agent
        .get(format!("{base_url}/get-session"))
        .header(header::COOKIE, cookies(&headers))
        .call()
        .context("GET /get-session")?;
    let session = body("/get-session", response)?;
    ensure!(
        session["user"]["id"] == created["user"]["id"],
        "the session's cookie is not accepted: get-session answered {session}"
    );
    Ok(account)
}

fn wait_until_reachable(agent: &Agent, url: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        match agent.get(url).call() {
            Ok(response) if response.status().is_success() => return Ok(()),
            _ if start.elapsed() < REACHABLE_LIMIT => thread::sleep(Duration::from_millis(250)),
            Ok(response) => bail!("GET {url} answers {}", response.status()),
            Err(error) => return Err(error).with_context(|| format!("GET {url}")),
        }
    }
}

fn post(agent: &Agent, url: &str, body_sent: &Value) -> Result<(Value, HeaderMap)> {
    let response = agent
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ORIGIN, ORIGIN)
        .send(body_sent.to_string())
        .with_context(|| format!("POST {url}"))?;
    let headers = response.headers().clone();
    Ok((body(url, response)?, headers))
}

fn body(url: &str, mut response: Response<ureq::Body>) -> Result<Value> {
    let text = response.body_mut().read_to_string()?;
    ensure!(
        response.status().is_success(),
        "{url} answers {}: {text}",
        response.status()
    );
    serde_json::from_str(&text).with_context(|| format!("{url} answers no JSON: {text}"))
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

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    #[test]
    fn cookies_are_sent_back_without_their_attributes() {
        let mut headers = HeaderMap::new();
        for cookie in ["session=a.b%3D; Path=/; HttpOnly", "cache=c; Max-Age=60"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        assert_eq!(cookies(&headers), "session=a.b%3D; cache=c");
    }
}
