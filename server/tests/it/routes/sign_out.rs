use serde_json::{Value, json};

use super::browser::{Browser, ENDED, cookies_of, error_of, json_of};
use crate::support::TestServer;

#[tokio::test]
async fn the_session_ends_and_its_cookies_are_removed() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let kept = browser.clone();
    let answer = browser.post("/sign-out", &json!({})).await;
    assert_eq!(
        (json_of(&answer), cookies_of(&answer)),
        (json!({"success": true}), ENDED.map(String::from).to_vec())
    );
    assert_eq!(
        server.database.value("SELECT count(*) FROM session").await,
        "0"
    );
    assert_eq!(
        json_of(&kept.clone().get("/get-session").await),
        Value::Null
    );
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_signed_out_all_the_same() {
    let server = TestServer::start().await;
    let headers = [("content-type", "application/json")];
    for body in ["", "{}"] {
        let answer = Browser::new(&server)
            .send("POST", "/sign-out", &headers, body)
            .await;
        assert_eq!(
            (answer.status, cookies_of(&answer)),
            (200, ENDED.map(String::from).to_vec())
        );
    }
}

#[tokio::test]
async fn other_sessions_of_the_user_stay() {
    let server = TestServer::start().await;
    let mut first = Browser::signed_up(&server, "ann").await;
    let mut second = Browser::signed_in(&server, "ann").await;
    first.post("/sign-out", &json!({})).await;
    assert_ne!(json_of(&second.get("/get-session").await), Value::Null);
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused() {
    let server = TestServer::start().await;
    for body in [
        json!(null),
        json!({"state": 1}),
        json!({"disableRedirect": "yes"}),
    ] {
        let answer = Browser::new(&server).post("/sign-out", &body).await;
        assert_eq!(error_of(&answer), "400 VALIDATION_ERROR", "{body}");
    }
}
