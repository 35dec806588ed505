use serde_json::{Value, json};

use super::browser::{Browser, ENDED, cookies_of, error_of, json_of};
use crate::support::TestServer;

async fn token_of(browser: &mut Browser) -> Value {
    json_of(&browser.get("/get-session").await)["session"]["token"].clone()
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    json_of(&browser.get("/get-session").await) != Value::Null
}

#[tokio::test]
async fn another_session_of_the_user_is_revoked_by_its_token() {
    let server = TestServer::start().await;
    let mut first = Browser::signed_up(&server, "ann").await;
    let mut second = Browser::signed_in(&server, "ann").await;
    let token = token_of(&mut second).await;
    let answer = first
        .post("/revoke-session", &json!({"token": token}))
        .await;
    assert_eq!(
        (json_of(&answer), cookies_of(&answer).len()),
        (json!({"status": true}), 0)
    );
    assert!(is_signed_in(&mut first).await && !is_signed_in(&mut second).await);
}

#[tokio::test]
async fn revoking_the_own_session_removes_its_cookies() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let token = token_of(&mut browser).await;
    let answer = browser
        .post("/revoke-session", &json!({"token": token}))
        .await;
    assert_eq!(cookies_of(&answer), ENDED);
    assert_eq!(
        server.database.value("SELECT count(*) FROM session").await,
        "0"
    );
}

#[tokio::test]
async fn the_session_of_another_user_and_an_unknown_one_are_left_alone_without_a_word() {
    let server = TestServer::start().await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let mut eve = Browser::signed_up(&server, "eve").await;
    for token in [token_of(&mut ann).await, json!("unknown")] {
        let answer = eve.post("/revoke-session", &json!({"token": token})).await;
        assert_eq!(
            (answer.status, json_of(&answer)),
            (200, json!({"status": true}))
        );
    }
    assert!(is_signed_in(&mut ann).await);
}

#[tokio::test]
async fn all_sessions_of_the_user_are_revoked_at_once() {
    let server = TestServer::start().await;
    let mut eve = Browser::signed_up(&server, "eve").await;
    let mut first = Browser::signed_up(&server, "ann").await;
    let mut second = Browser::signed_in(&server, "ann").await;
    let answer = first.post("/revoke-sessions", &json!({"ignored": 1})).await;
    assert_eq!(
        (json_of(&answer), cookies_of(&answer)),
        (json!({"status": true}), ENDED.map(String::from).to_vec())
    );
    assert!(!is_signed_in(&mut second).await && is_signed_in(&mut eve).await);
}

#[tokio::test]
async fn all_sessions_but_the_own_are_revoked() {
    let server = TestServer::start().await;
    let mut eve = Browser::signed_up(&server, "eve").await;
    let mut first = Browser::signed_up(&server, "ann").await;
    let mut second = Browser::signed_in(&server, "ann").await;
    let answer = second.post("/revoke-other-sessions", &json!({})).await;
    assert_eq!(
        (json_of(&answer), cookies_of(&answer).len()),
        (json!({"status": true}), 0)
    );
    assert!(!is_signed_in(&mut first).await && is_signed_in(&mut second).await);
    assert!(is_signed_in(&mut eve).await);
}

#[tokio::test]
async fn a_body_is_checked_before_the_session() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let answer = browser.post("/revoke-session", &json!({"token": 1})).await;
    assert_eq!(error_of(&answer), "400 VALIDATION_ERROR");
    for path in [
        "/revoke-session",
        "/revoke-sessions",
        "/revoke-other-sessions",
    ] {
        let answer = browser.post(path, &json!({"token": "x"})).await;
        assert_eq!(error_of(&answer), "401 UNAUTHORIZED", "{path}");
    }
}
