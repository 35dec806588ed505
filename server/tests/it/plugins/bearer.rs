use serde_json::json;

use crate::{
    routes::browser::{Browser, cookies_of, json_of, server, sign_in},
    support::{TestServer, http::Answer},
};

const BEARER: &str = "plugins: {bearer: {}}";
const TOKEN: &str = "set-auth-token";

/// What a client without cookies gets that sends `token`.
async fn ask(server: &TestServer, token: &str) -> Answer {
    let header = format!("Bearer {token}");
    let headers = [("authorization", header.as_str())];
    Browser::new(server)
        .send("GET", "/get-session", &headers, "")
        .await
}

/// The signed token of a user who has just signed up.
async fn token(server: &TestServer) -> String {
    let mut browser = Browser::signed_up(server, "ann").await;
    let answer = browser.post("/sign-in/email", &sign_in("ann")).await;
    answer.header(TOKEN).unwrap().to_owned()
}

#[tokio::test]
async fn signing_in_tells_the_token_which_signs_requests_in() {
    let server = server(BEARER).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post("/sign-in/email", &sign_in("ann")).await;
    assert_eq!(answer.header("access-control-expose-headers"), Some(TOKEN));
    let token = answer.header(TOKEN).unwrap();
    assert_eq!(token.split('.').next().unwrap(), json_of(&answer)["token"]);
    let answer = ask(&server, token).await;
    assert_eq!(json_of(&answer)["user"]["name"], "ann");
    assert_eq!(answer.header(TOKEN), None);
}

#[tokio::test]
async fn a_token_may_be_percent_encoded_or_lack_its_signature() {
    let server = server(BEARER).await;
    let token = token(&server).await;
    let encoded = token
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let bare = token.split('.').next().unwrap();
    for token in [&encoded, bare] {
        assert_eq!(
            json_of(&ask(&server, token).await)["user"]["name"],
            "ann",
            "{token}"
        );
    }
}

#[tokio::test]
async fn the_settings_may_demand_a_signature() {
    let server = server("plugins: {bearer: {requireSignature: true}}").await;
    let token = token(&server).await;
    assert_ne!(ask(&server, &token).await.body, "null");
    let bare = token.split('.').next().unwrap();
    assert_eq!(ask(&server, bare).await.body, "null");
}

#[tokio::test]
async fn a_token_with_a_wrong_signature_is_no_token() {
    let server = server(BEARER).await;
    let token = token(&server).await;
    for wrong in [format!("x{token}"), format!("{token}x"), "x".to_owned()] {
        assert_eq!(ask(&server, &wrong).await.body, "null", "{wrong}");
    }
}

#[tokio::test]
async fn a_token_goes_before_the_cookies() {
    let server = server(BEARER).await;
    let token = token(&server).await;
    let mut other = Browser::signed_up(&server, "ben").await;
    for (authorization, name) in [
        (format!("bearer {token}"), "ann"),
        (format!("Bearer x{token}"), "ben"),
        (format!("Basic {token}"), "ben"),
    ] {
        let headers = [("authorization", authorization.as_str())];
        let answer = other.send("GET", "/get-session", &headers, "").await;
        assert_eq!(json_of(&answer)["user"]["name"], name, "{authorization}");
    }
}

#[tokio::test]
async fn a_request_with_a_token_and_no_cookies_needs_no_origin() {
    let server = server(BEARER).await;
    let header = format!("Bearer {}", token(&server).await);
    let headers = [
        ("authorization", header.as_str()),
        ("content-type", "application/json"),
    ];
    let mut client = Browser::new(&server);
    let answer = client
        .send("POST", "/revoke-sessions", &headers, "{}")
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(ask(&server, &header["Bearer ".len()..]).await.body, "null");
}

#[tokio::test]
async fn an_answer_that_ends_the_session_tells_no_token() {
    let server = server(BEARER).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post("/sign-out", &json!({})).await;
    assert_eq!(cookies_of(&answer).len(), 3);
    assert_eq!(answer.header(TOKEN), None);
}

#[tokio::test]
async fn without_the_plugin_a_token_means_nothing() {
    let server = TestServer::start().await;
    let browser = Browser::signed_up(&server, "ann").await;
    let token = browser.cookies["better-auth.session_token"].clone();
    assert_eq!(ask(&server, &token).await.body, "null");
}
