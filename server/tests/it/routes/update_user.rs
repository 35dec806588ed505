use serde_json::{Value, json};
use time::Duration;

use super::browser::{Browser, cookies_of, error_of, json_of, sign_in};
use crate::support::TestServer;

async fn user_of(browser: &mut Browser) -> Value {
    json_of(&browser.get("/get-session").await)["user"].clone()
}

#[tokio::test]
async fn name_and_image_are_changed_each_by_itself() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::HOUR);
    for (body, name, image) in [
        (json!({"name": "Ann"}), "Ann", json!(null)),
        (
            json!({"image": "https://a.example/b.png"}),
            "Ann",
            json!("https://a.example/b.png"),
        ),
        (json!({"name": "", "image": null}), "", json!(null)),
    ] {
        let answer = browser.post("/update-user", &body).await;
        assert_eq!(
            (json_of(&answer), cookies_of(&answer)),
            (
                json!({"status": true}),
                vec!["session_token 604800".to_owned()]
            )
        );
        let user = user_of(&mut browser).await;
        assert_eq!((&user["name"], &user["image"]), (&json!(name), &image));
        assert_eq!(user["updatedAt"], "2026-01-02T04:04:05.678Z");
    }
}

#[tokio::test]
async fn a_session_that_is_not_remembered_stays_so() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let mut body = sign_in("ann");
    body["rememberMe"] = json!(false);
    browser.post("/sign-in/email", &body).await;
    let answer = browser.post("/update-user", &json!({"name": "Ann"})).await;
    assert_eq!(cookies_of(&answer), ["session_token", "dont_remember"]);
}

#[tokio::test]
async fn what_cannot_be_updated_is_refused() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for (body, expected) in [
        (
            json!({"email": "new@example.com", "name": "Ann"}),
            "400 EMAIL_CAN_NOT_BE_UPDATED",
        ),
        (json!({"email": ""}), "400 No fields to update"),
        (json!({}), "400 No fields to update"),
        (
            json!({"emailVerified": true, "id": "x", "role": "admin"}),
            "400 No fields to update",
        ),
        (json!({"name": null}), "400 VALIDATION_ERROR"),
        (json!({"image": 1}), "400 VALIDATION_ERROR"),
        (json!([]), "400 VALIDATION_ERROR"),
    ] {
        let answer = browser.post("/update-user", &body).await;
        assert_eq!(error_of(&answer), expected, "{body}");
    }
    let user = user_of(&mut browser).await;
    assert_eq!(
        (&user["email"], &user["emailVerified"]),
        (&json!("ann@example.com"), &json!(false))
    );
}

#[tokio::test]
async fn only_the_own_user_changes() {
    let server = TestServer::start().await;
    let mut eve = Browser::signed_up(&server, "eve").await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    eve.post(
        "/update-user",
        &json!({"name": "Eve", "id": user_of(&mut ann).await["id"]}),
    )
    .await;
    assert_eq!(user_of(&mut ann).await["name"], "ann");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_refused() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server)
        .post("/update-user", &json!({"name": "Ann"}))
        .await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}
