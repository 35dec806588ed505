//! A browser: keeps cookies and says where its requests come from.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{
    TestDatabase, TestServer,
    http::{Answer, request, send},
};

/// Where the pages are served that the browser shows.
pub(crate) const ORIGIN: &str = "http://localhost:8100";

/// The password of every user here.
pub(crate) const PASSWORD: &str = "correct horse";

/// A server with the settings `yaml`.
pub(crate) async fn server(yaml: &str) -> TestServer {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    TestServer::with(&[("AUTH_CONFIG", file.path().to_str().unwrap())]).await
}

/// A server with the settings `yaml`, on a database that was migrated for them.
pub(crate) async fn server_migrated_for(yaml: &str) -> TestServer {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    let database = TestDatabase::migrated_for(yaml).await;
    TestServer::on(database, &[("AUTH_CONFIG", file.path().to_str().unwrap())]).await
}

/// A browser with cookies of its own.
#[derive(Clone)]
pub(crate) struct Browser {
    address: std::net::SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(server: &TestServer) -> Self {
        Self {
            address: server.api(),
            cookies: BTreeMap::new(),
        }
    }

    /// A browser in which the user `name` has just signed up.
    pub(crate) async fn signed_up(server: &TestServer, name: &str) -> Self {
        let mut browser = Self::new(server);
        let answer = browser.post("/sign-up/email", &sign_up(name)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser
    }

    /// A second browser in which the user `name` signs in.
    pub(crate) async fn signed_in(server: &TestServer, name: &str) -> Self {
        let mut browser = Self::new(server);
        let answer = browser.post("/sign-in/email", &sign_in(name)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json"), ("origin", ORIGIN)];
        self.send("POST", path, &headers, &body.to_string()).await
    }

    /// A request with the browser's cookies and these headers; keeps the cookies that the answer sets.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        if !self.cookies.is_empty() {
            let cookies = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            lines.push(format!(
                "cookie: {}\r\n",
                cookies.collect::<Vec<_>>().join("; ")
            ));
        }
        let request = request(method, &format!("/api{path}"), &lines.concat(), body);
        let answer = send(self.address, &request).await.unwrap();
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("; Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// The body of a sign-up of the user `name`.
pub(crate) fn sign_up(name: &str) -> Value {
    json!({"name": name, "email": email(name), "password": PASSWORD})
}

/// The body of a sign-in of the user `name`.
pub(crate) fn sign_in(name: &str) -> Value {
    json!({"email": email(name), "password": PASSWORD})
}

pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// The body of an answer as JSON.
pub(crate) fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect("the body is JSON")
}

/// Status and code of an error, as `400 INVALID_EMAIL`.
pub(crate) fn error_of(answer: &Answer) -> String {
    let body = json_of(answer);
    let text = body["code"]
        .as_str()
        .or(body["message"].as_str())
        .unwrap_or_default();
    format!("{} {text}", answer.status)
}

/// The cookies that an answer sets: names without the prefix, with `Max-Age` where there is one, as
/// `session_token 604800`.
pub(crate) fn cookies_of(answer: &Answer) -> Vec<String> {
    let describe = |cookie: &str| {
        let name = cookie
            .split('=')
            .next()
            .unwrap()
            .trim_start_matches("better-auth.");
        let max_age = cookie
            .split("; ")
            .find_map(|part| part.strip_prefix("Max-Age="));
        max_age.map_or_else(|| name.to_owned(), |max_age| format!("{name} {max_age}"))
    };
    answer.headers("set-cookie").map(describe).collect()
}

/// The cookies of an answer that ends a session.
pub(crate) const ENDED: [&str; 3] = ["session_token 0", "session_data 0", "dont_remember 0"];
