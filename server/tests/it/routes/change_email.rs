use serde_json::{Value, json};

use super::{
    browser::{self, Browser, cookies_of, email, error_of, json_of},
    mails::{last, redirect, sent, server},
};
use crate::support::TestServer;

const ENABLED: &str = "user: {changeEmail: {enabled: true}}";
const CONFIRMED: &str = "user: {changeEmail: {enabled: true, sendChangeEmailConfirmation: true}}";
const AT_ONCE: &str = "user: {changeEmail: {enabled: true, updateEmailWithoutVerification: true}}";

fn to(name: &str) -> Value {
    json!({"newEmail": email(name), "callbackURL": "/done"})
}

async fn verify(server: &TestServer) {
    let sql = r#"UPDATE "user" SET "emailVerified" = true"#;
    server.database.execute(sql).await;
}

/// The address that the session's user has, and whether it is verified.
async fn address(browser: &mut Browser) -> String {
    let user = json_of(&browser.get("/get-session").await)["user"].take();
    format!(
        "{} {}",
        user["email"].as_str().unwrap(),
        user["emailVerified"]
    )
}

#[tokio::test]
async fn a_link_at_the_new_address_changes_it() {
    let server = server(ENABLED).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    verify(&server).await;
    let answer = browser.post("/change-email", &to("NEW")).await;
    assert_eq!(json_of(&answer), json!({"status": true}));
    assert_eq!(address(&mut browser).await, "ann@example.com true");
    assert_eq!(sent(&server).await, ["verification new@example.com"]);
    let answer = browser.get(last(&server).await.path()).await;
    assert_eq!(redirect(&answer), "302 /done");
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    assert_eq!(address(&mut browser).await, "new@example.com true");
}

#[tokio::test]
async fn the_old_address_is_asked_first_if_the_settings_say_so() {
    let server = server(CONFIRMED).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    verify(&server).await;
    browser.post("/change-email", &to("new")).await;
    assert_eq!(
        sent(&server).await,
        ["changeEmailConfirmation ann@example.com"]
    );
    let confirmation = last(&server).await;
    let answer = browser.get(confirmation.bare_path()).await;
    assert_eq!(json_of(&answer), json!({"status": true}));
    assert_eq!(address(&mut browser).await, "ann@example.com true");
    let verification = last(&server).await;
    assert_eq!(
        (verification.kind.as_str(), verification.to.as_str()),
        ("verification", "new@example.com")
    );
    browser.get(verification.path()).await;
    assert_eq!(address(&mut browser).await, "new@example.com true");
    let answer = browser.get(confirmation.path()).await;
    assert_eq!(redirect(&answer), "302 /done?error=INVALID_TOKEN");
}

#[tokio::test]
async fn an_old_address_that_was_never_verified_is_not_asked() {
    let server = server(CONFIRMED).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    browser.post("/change-email", &to("new")).await;
    assert_eq!(sent(&server).await, ["verification new@example.com"]);
    browser.get(last(&server).await.path()).await;
    assert_eq!(address(&mut browser).await, "new@example.com false");
}

#[tokio::test]
async fn an_address_that_was_never_verified_changes_at_once_if_the_settings_say_so() {
    let server = server(AT_ONCE).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post("/change-email", &to("new")).await;
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    assert_eq!(address(&mut browser).await, "new@example.com false");
    assert_eq!(sent(&server).await, ["verification new@example.com"]);
    browser.get(last(&server).await.path()).await;
    assert_eq!(address(&mut browser).await, "new@example.com true");
    browser.post("/change-email", &to("newer")).await;
    assert_eq!(address(&mut browser).await, "new@example.com true");
}

#[tokio::test]
async fn an_address_changes_at_once_without_mail_too() {
    let server = browser::server(AT_ONCE).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post("/change-email", &to("new")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(address(&mut browser).await, "new@example.com false");
}

#[tokio::test]
async fn nobody_learns_whether_an_address_is_known() {
    for yaml in [ENABLED, CONFIRMED, AT_ONCE] {
        let server = server(yaml).await;
        Browser::signed_up(&server, "bob").await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        let taken = browser.post("/change-email", &to("bob")).await;
        assert_eq!((taken.status, cookies_of(&taken).len()), (200, 0));
        assert_eq!(json_of(&taken), json!({"status": true}), "{yaml}");
        assert_eq!(sent(&server).await, [""; 0]);
        assert_eq!(address(&mut browser).await, "ann@example.com false");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let off = server("").await;
    let mut browser = Browser::signed_up(&off, "ann").await;
    let answer = browser.post("/change-email", &to("new")).await;
    assert_eq!(error_of(&answer), "400 CHANGE_EMAIL_DISABLED");
    let silent = browser::server(ENABLED).await;
    let mut browser = Browser::signed_up(&silent, "ann").await;
    for (name, expected) in [
        ("ann", "400 Email is the same"),
        ("new", "400 Verification email isn't enabled"),
    ] {
        assert_eq!(
            error_of(&browser.post("/change-email", &to(name)).await),
            expected
        );
    }
    let answer = Browser::new(&silent)
        .post("/change-email", &to("new"))
        .await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}
