use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    browser::{self, Browser, email, error_of, json_of},
    mails::{last, sent, server},
};
use crate::support::TestServer;

const PATH: &str = "/send-verification-email";

async fn verify(server: &TestServer) {
    let sql = r#"UPDATE "user" SET "emailVerified" = true"#;
    server.database.execute(sql).await;
}

#[tokio::test]
async fn a_user_is_mailed_the_link() {
    let server = server("").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let body = json!({"email": "ANN@example.com", "callbackURL": "/welcome?x=1&y=ü"});
    let answer = browser.post(PATH, &body).await;
    assert_eq!(json_of(&answer), json!({"status": true}));
    let mail = last(&server).await;
    assert_eq!(
        (mail.kind.as_str(), mail.to),
        ("verification", email("ann"))
    );
    let expected = format!(
        "http://localhost:8100/api/verify-email?token={}&callbackURL=%2Fwelcome%3Fx%3D1%26y%3D%C3%BC",
        mail.token
    );
    assert_eq!(mail.url, expected);
}

#[tokio::test]
async fn without_a_callback_url_the_link_leads_to_the_front_page() {
    let server = server("").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for body in [
        json!({"email": email("ann")}),
        json!({"email": email("ann"), "callbackURL": ""}),
    ] {
        browser.post(PATH, &body).await;
        assert!(last(&server).await.url.ends_with("&callbackURL=%2F"));
    }
}

#[tokio::test]
async fn only_an_address_that_waits_for_it_is_mailed() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    verify(&server).await;
    Browser::signed_up(&server, "bob").await;
    for name in ["ann", "nobody", "bob"] {
        let answer = Browser::new(&server)
            .post(PATH, &json!({"email": email(name)}))
            .await;
        assert_eq!(json_of(&answer), json!({"status": true}), "{name}");
    }
    assert_eq!(sent(&server).await, ["verification bob@example.com"]);
}

#[tokio::test]
async fn nobody_learns_from_the_time_whether_an_address_is_known() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    for name in ["ann", "nobody"] {
        let start = Instant::now();
        Browser::new(&server)
            .post(PATH, &json!({"email": email(name)}))
            .await;
        assert!(start.elapsed() >= Duration::from_millis(500), "{name}");
    }
}

#[tokio::test]
async fn a_signed_in_user_is_told_why_there_is_no_mail() {
    let server = server("").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post(PATH, &json!({"email": email("bob")})).await;
    assert_eq!(error_of(&answer), "400 EMAIL_MISMATCH");
    verify(&server).await;
    let answer = browser.post(PATH, &json!({"email": email("ann")})).await;
    assert_eq!(error_of(&answer), "400 EMAIL_ALREADY_VERIFIED");
    assert_eq!(sent(&server).await, [""; 0]);
}

#[tokio::test]
async fn without_mail_there_is_no_verification() {
    let server = browser::server("{}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post(PATH, &json!({"email": email("ann")})).await;
    assert_eq!(error_of(&answer), "400 VERIFICATION_EMAIL_NOT_ENABLED");
    let answer = browser.post(PATH, &json!({"email": "nonsense"})).await;
    assert_eq!(error_of(&answer), "400 VALIDATION_ERROR");
}

#[tokio::test]
async fn a_link_leads_only_to_a_trusted_origin() {
    let server = server("").await;
    let body = json!({"email": email("ann"), "callbackURL": "https://evil.example"});
    let answer = Browser::new(&server).post(PATH, &body).await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
}
