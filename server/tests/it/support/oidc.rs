//! An OpenID provider that speaks the protocol: discovery, authorization with PKCE and nonce, tokens, refresh tokens,
//! userinfo and keys. Whoever comes to its page agrees at once. Any of its endpoints can be made to fail.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_server::crypto::{
    jws::{self, Algorithm, PrivateJwk, PrivateKey},
    random::Random,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::{Url, form_urlencoded};

use super::{http, service::receive};

/// The client that the provider knows.
pub(crate) const CLIENT: &str = "client of the shop";
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = "secret of the shop";

/// How an endpoint fails.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This status, without a body.
    Status(u16),
    /// Success, with this body.
    Body(&'static str),
    /// A redirect to this URL.
    Redirect(String),
    /// No answer, but the connection stays.
    Silence,
    /// The connection ends.
    Close,
}

/// A provider on a port of its own.
pub(crate) struct Oidc {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// What the user has agreed to.
struct Grant {
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
}

struct State {
    issuer: String,
    key: PrivateJwk,
    claims: Map<String, Value>,
    codes: BTreeMap<String, Grant>,
    refresh_token: Option<String>,
    access_token: Option<String>,
    faults: BTreeMap<&'static str, Fault>,
    asked: Vec<(String, String)>,
    count: u32,
    now: i64,
}

impl Oidc {
    /// A provider at which Ann signs in, whose address is verified.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let claims = json!({
            "sub": "ann-there", "name": "Ann There", "email": "ann@example.com",
            "email_verified": true, "picture": "https://img.example/ann.png",
        });
        let state = Arc::new(Mutex::new(State {
            issuer: format!("http://{address}"),
            key: new_key(1),
            claims: claims.as_object().unwrap().clone(),
            codes: BTreeMap::new(),
            refresh_token: None,
            access_token: None,
            faults: BTreeMap::new(),
            asked: Vec::new(),
            count: 0,
            // That of the clock of the tests.
            now: time::macros::datetime!(2026-01-02 03:04:05 UTC).unix_timestamp(),
        }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self {
            address,
            state,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what is told of who signs in; null takes a claim away.
    pub(crate) fn tell(&self, changes: &Value) {
        let mut state = self.state.lock().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                state.claims.remove(name);
            } else {
                state.claims.insert(name.clone(), value.clone());
            }
        }
    }

    /// From now on, the endpoint at `path` fails.
    pub(crate) fn fail(&self, path: &'static str, fault: Fault) {
        self.state.lock().unwrap().faults.insert(path, fault);
    }

    /// From now on, everything works again.
    pub(crate) fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    /// From now on, tokens are signed by another key, and that alone is published.
    pub(crate) fn change_key(&self, seed: u64) {
        self.state.lock().unwrap().key = new_key(seed);
    }

    /// The bodies of the requests to `path` so far.
    pub(crate) fn asked(&self, path: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let asked = state.asked.iter();
        asked
            .filter(|(known, _)| known == path)
            .map(|(_, body)| body.clone())
            .collect()
    }

    /// The user agrees on the page `url`: where the browser is sent back to.
    pub(crate) async fn agree(&self, url: &str) -> Url {
        let path = url
            .strip_prefix(&self.url())
            .expect("a page of this provider");
        let answer = http::get(self.address, path).await.unwrap();
        Url::parse(answer.header("location").expect(&answer.body)).unwrap()
    }

    /// An id token with these `claims` beside those of the user, as the provider would sign it.
    pub(crate) fn id_token(&self, claims: &Value) -> String {
        self.state.lock().unwrap().id_token(claims)
    }
}

impl Drop for Oidc {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn new_key(seed: u64) -> PrivateJwk {
    jws::generate(Algorithm::Es256, 2048, &Random::from_seed(seed)).unwrap()
}

impl State {
    fn id_token(&self, more: &Value) -> String {
        let mut claims = self.claims.clone();
        let own =
            json!({"iss": self.issuer, "aud": CLIENT, "iat": self.now, "exp": self.now + 3600});
        claims.extend(own.as_object().unwrap().clone());
        for (name, value) in more.as_object().unwrap() {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        let key = PrivateKey::new(&self.key, Algorithm::Es256).unwrap();
        let sign =
            |text: &str| -> Result<_, serde_json::Error> { Ok(key.sign(text.as_bytes()).unwrap()) };
        jws::encode(&json!({"alg": "ES256", "kid": "one"}), &claims, sign).unwrap()
    }

    fn next(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}-{}", self.count)
    }

    /// The page where the user agrees: sends the browser back with a code.
    fn authorize(&mut self, query: &BTreeMap<String, String>) -> Reply {
        let wants_code = query["response_type"].split(' ').any(|kind| kind == "code");
        if query["client_id"] != CLIENT || !wants_code {
            return Reply::error(400, "invalid_request");
        }
        let is_s256 = query
            .get("code_challenge_method")
            .is_none_or(|method| method == "S256");
        assert!(is_s256, "{query:?}");
        let code = self.next("code");
        let grant = Grant {
            redirect_uri: query["redirect_uri"].clone(),
            challenge: query.get("code_challenge").cloned(),
            nonce: query.get("nonce").cloned(),
        };
        let mut url = Url::parse(&grant.redirect_uri).unwrap();
        url.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &query["state"])
            .append_pair("iss", &self.issuer);
        self.codes.insert(code, grant);
        Reply::redirect(url.as_str())
    }

    fn token(&mut self, form: &BTreeMap<String, String>) -> Reply {
        let text = |name: &str| form.get(name).map_or("", String::as_str);
        if text("client_id") != CLIENT || text("client_secret") != CLIENT_SECRET {
            return Reply::error(401, "invalid_client");
        }
        let nonce = match text("grant_type") {
            "authorization_code" => {
                let Some(grant) = self.codes.remove(text("code")) else {
                    return Reply::error(400, "invalid_grant");
                };
                let verified = URL_SAFE_NO_PAD.encode(Sha256::digest(text("code_verifier")));
                let is_proven = grant
                    .challenge
                    .is_none_or(|challenge| challenge == verified);
                if !is_proven || grant.redirect_uri != text("redirect_uri") {
                    return Reply::error(400, "invalid_grant");
                }
                grant.nonce
            }
            "refresh_token" if self.refresh_token.as_deref() == Some(text("refresh_token")) => None,
            _ => return Reply::error(400, "invalid_grant"),
        };
        self.access_token = Some(self.next("access"));
        self.refresh_token = Some(self.next("refresh"));
        Reply::json(&json!({
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "id_token": self.id_token(&json!({"nonce": nonce})),
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "openid email",
        }))
    }

    fn answer(&mut self, path: &str, query: &str, head: &str, body: &str) -> Reply {
        let parse = |text: &str| {
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect()
        };
        let url = self.issuer.clone();
        match path {
            "/.well-known/openid-configuration" => Reply::json(&json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/authorize"),
                "token_endpoint": format!("{url}/token"),
                "userinfo_endpoint": format!("{url}/userinfo"),
                "jwks_uri": format!("{url}/jwks"),
                "id_token_signing_alg_values_supported": ["ES256"],
            })),
            "/authorize" => self.authorize(&parse(query)),
            "/token" => self.token(&parse(body)),
            "/jwks" => {
                let mut key = serde_json::to_value(&self.key.public).unwrap();
                key["kid"] = "one".into();
                Reply::json(&json!({"keys": [key]}))
            }
            "/userinfo" => {
                let expected = self
                    .access_token
                    .as_ref()
                    .map(|token| format!("bearer {token}"));
                let is_theirs =
                    expected.is_some_and(|expected| head.to_lowercase().contains(&expected));
                if is_theirs {
                    Reply::json(&Value::Object(self.claims.clone()))
                } else {
                    Reply::error(401, "invalid_token")
                }
            }
            _ => Reply::error(404, "not_found"),
        }
    }
}

/// What an endpoint answers.
struct Reply {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Reply {
    fn new(status: u16, body: impl Into<String>) -> Self {
        let body = body.into();
        Self {
            status,
            location: None,
            body,
        }
    }

    fn json(body: &Value) -> Self {
        Self::new(200, body.to_string())
    }

    fn error(status: u16, code: &str) -> Self {
        Self::new(status, json!({"error": code}).to_string())
    }

    fn redirect(location: &str) -> Self {
        Self {
            location: Some(location.to_owned()),
            ..Self::new(302, "")
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    let (head, body) = receive(&mut stream).await?;
    let target = head.split(' ').nth(1)?.to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (fault, reply) = {
        let mut state = state.lock().unwrap();
        state.asked.push((path.to_owned(), body.clone()));
        let fault = state.faults.get(path).cloned();
        match fault {
            None => (None, state.answer(path, query, &head, &body)),
            Some(Fault::Status(status)) => (None, Reply::new(status, "")),
            Some(Fault::Body(body)) => (None, Reply::new(200, body)),
            Some(Fault::Redirect(url)) => (None, Reply::redirect(&url)),
            fault @ Some(Fault::Silence | Fault::Close) => (fault, Reply::new(200, "")),
        }
    };
    match fault {
        Some(Fault::Silence) => tokio::time::sleep(Duration::from_mins(1)).await,
        Some(_) => {}
        None => {
            let Reply {
                status,
                location,
                body,
            } = reply;
            let location = location.map_or(String::new(), |url| format!("location: {url}\r\n"));
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\n{location}content-type: application/json\r\n\
                 content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
    Some(())
}
