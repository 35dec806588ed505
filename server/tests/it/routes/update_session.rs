use serde_json::json;

use super::browser::{Browser, error_of, json_of};
use crate::support::TestServer;

#[tokio::test]
async fn there_is_no_field_that_could_be_updated() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser
        .post("/update-session", &json!({"token": "x", "ipAddress": "y"}))
        .await;
    assert_eq!(
        (answer.status, json_of(&answer)),
        (400, json!({"message": "No fields to update"}))
    );
}

#[tokio::test]
async fn the_body_is_checked_first_and_the_session_second() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let answer = browser.post("/update-session", &json!([])).await;
    assert_eq!(
        json_of(&answer)["message"],
        "[body] Invalid input: expected record, received array"
    );
    let answer = browser.post("/update-session", &json!({})).await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}
