//! The short way of `GET /get-session`: no client can tell it from the long one.

use super::{ON, hears, is_refused, server, warm};
use crate::{
    routes::browser::{Browser, ORIGIN},
    support::{
        SECRET, TestDatabase, TestServer,
        http::{self, Answer},
    },
};

/// What a client gets, but for what differs from answer to answer.
fn told(answer: &Answer) -> (u16, Vec<String>, String) {
    let headers = answer.all_headers();
    let headers = headers.filter(|(name, _)| !["date", "x-request-id"].contains(name));
    let headers = headers.map(|(name, value)| format!("{name}: {value}"));
    (answer.status, headers.collect(), answer.body.clone())
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_in_the_words_of_the_long_way() {
    let yaml = "{session: {memoryCache: {enabled: true}}, trustedOrigins: ['https://shop.example'],
                 rateLimit: {enabled: false}}";
    let server = server(yaml).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    let cookie = format!(
        "better-auth.session_token={}",
        browser.cookies["better-auth.session_token"]
    );
    let forged = cookie.replace("token=", "token=x");
    for headers in [
        format!("cookie: {cookie}"),
        format!("cookie: theme=dark; {cookie}"),
        format!("cookie: {cookie}\r\norigin: https://shop.example"),
        format!("cookie: {cookie}\r\norigin: https://elsewhere.example"),
        format!("cookie: {cookie}\r\nx-request-id: r-1"),
        format!("cookie: {cookie}\r\ncontent-type: text/plain"),
        format!("cookie: {cookie}\r\nconnection: close"),
        format!("cookie: {cookie}\r\ncookie: {forged}"),
        format!("cookie: {forged}\r\ncookie: {cookie}"),
        format!("cookie: {cookie}; better-auth.session_data=x"),
        format!("cookie: {cookie}; better-auth.session_data.1=x"),
        format!("cookie: {cookie}; better-auth.dont_remember=true"),
        format!("cookie: {forged}"),
        "cookie: theme=dark".to_owned(),
        "accept: */*".to_owned(),
    ] {
        let ask = async |path: &str| {
            let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\n{headers}\r\n\r\n");
            told(&http::send(server.api(), request.as_bytes()).await.unwrap())
        };
        // A query that means nothing is what the short way leaves to the long one.
        let long = ask("/api/get-session?of=nothing").await;
        for _ in 0..3 {
            assert_eq!(ask("/api/get-session").await, long, "{headers}");
        }
    }
}

#[tokio::test]
async fn a_session_in_memory_counts_against_the_rate_limit() {
    let server =
        server("{session: {memoryCache: {enabled: true}}, rateLimit: {window: 60, max: 5}}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        for path in ["/get-session", "/get-session?of=nothing"] {
            answers.push(browser.get(path).await);
        }
    }
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    let refused = browser.get("/get-session").await;
    assert_eq!(told(&refused), told(&answers[5]));
}

#[tokio::test]
async fn what_is_no_read_of_the_session_is_not_answered_as_one() {
    let server = server(ON).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    for (method, path, status) in [
        ("HEAD", "/get-session", 404),
        ("PUT", "/get-session", 404),
        ("POST", "/get-session", 405),
        ("GET", "/get-session/", 404),
        ("GET", "//get-session", 404),
    ] {
        let headers = [("origin", ORIGIN)];
        let answer = browser.send(method, path, &headers, "").await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn a_session_in_memory_is_refused_once_the_secret_that_signed_it_is_gone() {
    let database = TestDatabase::migrated_for(ON).await;
    let folder = tempfile::tempdir().unwrap();
    let [settings, secret] = ["settings", "secret"].map(|name| folder.path().join(name));
    std::fs::write(&settings, ON).unwrap();
    std::fs::write(&secret, SECRET).unwrap();
    let [settings, file] = [&settings, &secret].map(|path| path.to_str().unwrap());
    let server = TestServer::on(
        database,
        &[("AUTH_CONFIG", settings), ("AUTH_SECRET_FILE", file)],
    )
    .await;
    hears(server.admin()).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    std::fs::write(file, SECRET.to_uppercase()).unwrap();
    is_refused(&browser).await;
}
