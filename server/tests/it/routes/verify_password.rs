use serde_json::json;

use super::browser::{Browser, PASSWORD, error_of, json_of};
use crate::support::TestServer;

#[tokio::test]
async fn the_own_password_is_told_from_others() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser
        .post("/verify-password", &json!({"password": PASSWORD}))
        .await;
    assert_eq!(
        (answer.status, json_of(&answer)),
        (200, json!({"status": true}))
    );
    let long = "x".repeat(129);
    for (password, expected) in [
        ("wrong", "400 INVALID_PASSWORD"),
        (&long, "400 PASSWORD_TOO_LONG"),
    ] {
        let answer = browser
            .post("/verify-password", &json!({"password": password}))
            .await;
        assert_eq!(error_of(&answer), expected);
    }
}

#[tokio::test]
async fn a_user_without_password_has_none_that_is_right() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.database.execute("DELETE FROM account").await;
    let answer = browser
        .post("/verify-password", &json!({"password": PASSWORD}))
        .await;
    assert_eq!(error_of(&answer), "400 INVALID_PASSWORD");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_refused() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server)
        .post("/verify-password", &json!({"password": PASSWORD}))
        .await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}
