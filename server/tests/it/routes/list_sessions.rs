use serde_json::json;
use time::Duration;

use super::browser::{Browser, error_of, json_of, server, sign_in};
use crate::support::TestServer;

#[tokio::test]
async fn the_active_sessions_of_the_user_are_listed_with_their_tokens() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "eve").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::SECOND);
    let second = Browser::new(&server)
        .post("/sign-in/email", &sign_in("ann"))
        .await;
    let list = json_of(&browser.get("/list-sessions").await);
    let tokens: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|session| &session["token"])
        .collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(*tokens[1], json_of(&second)["token"]);
}

#[tokio::test]
async fn sessions_that_have_ended_are_not_listed() {
    let server = server("session: {freshAge: 0}").await;
    Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(6));
    let mut browser = Browser::signed_in(&server, "ann").await;
    server.clock.step(Duration::days(2));
    let list = json_of(&browser.get("/list-sessions").await);
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_user_must_have_signed_in_within_a_day() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::DAY);
    let answer = browser.get("/list-sessions").await;
    assert_eq!(
        json_of(&answer),
        json!({"message": "Session is not fresh", "code": "SESSION_NOT_FRESH"})
    );
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_refused() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server).get("/list-sessions").await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}
