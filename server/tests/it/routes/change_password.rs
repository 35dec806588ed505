use serde_json::{Value, json};

use super::browser::{Browser, PASSWORD, cookies_of, email, error_of, json_of};
use crate::support::TestServer;

const NEW: &str = "battery staple";

async fn can_sign_in(server: &TestServer, password: &str) -> bool {
    let body = json!({"email": email("ann"), "password": password});
    Browser::new(server)
        .post("/sign-in/email", &body)
        .await
        .status
        == 200
}

#[tokio::test]
async fn the_new_password_takes_the_place_of_the_old() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let answer = browser.post("/change-password", &body).await;
    let read = json_of(&answer);
    assert_eq!(
        (&read["token"], &read["user"]["email"]),
        (&Value::Null, &json!("ann@example.com"))
    );
    assert_eq!(cookies_of(&answer), [""; 0]);
    assert!(can_sign_in(&server, NEW).await && !can_sign_in(&server, PASSWORD).await);
}

#[tokio::test]
async fn other_sessions_are_revoked_on_request_and_a_new_one_is_opened() {
    let server = TestServer::start().await;
    let mut first = Browser::signed_up(&server, "ann").await;
    let mut second = Browser::signed_in(&server, "ann").await;
    let old = first.cookies.clone();
    let body =
        json!({"currentPassword": PASSWORD, "newPassword": NEW, "revokeOtherSessions": true});
    let answer = first.post("/change-password", &body).await;
    let token = json_of(&answer)["token"].clone();
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    assert_ne!(first.cookies, old);
    assert_eq!(
        json_of(&first.get("/get-session").await)["session"]["token"],
        token
    );
    assert_eq!(json_of(&second.get("/get-session").await), Value::Null);
    assert_eq!(
        server.database.value("SELECT count(*) FROM session").await,
        "1"
    );
}

#[tokio::test]
async fn what_does_not_fit_is_refused_in_the_order_of_better_auth() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let change = |current: &str, new: &str| json!({"currentPassword": current, "newPassword": new});
    let long = "x".repeat(129);
    for (body, expected) in [
        (json!({"newPassword": NEW}), "400 VALIDATION_ERROR"),
        (change(&long, "short"), "400 PASSWORD_TOO_SHORT"),
        (change("wrong", &long), "400 PASSWORD_TOO_LONG"),
        (change(&long, NEW), "400 PASSWORD_TOO_LONG"),
        (change("wrong", NEW), "400 INVALID_PASSWORD"),
    ] {
        let answer = browser.post("/change-password", &body).await;
        assert_eq!(error_of(&answer), expected, "{body}");
    }
    assert!(can_sign_in(&server, PASSWORD).await);
}

#[tokio::test]
async fn a_user_without_password_has_none_to_change() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.database.execute("DELETE FROM account").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let answer = browser.post("/change-password", &body).await;
    assert_eq!(error_of(&answer), "400 CREDENTIAL_ACCOUNT_NOT_FOUND");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_refused() {
    let server = TestServer::start().await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let answer = Browser::new(&server).post("/change-password", &body).await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}
