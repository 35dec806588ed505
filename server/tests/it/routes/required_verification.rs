//! Users who have to verify their address before they sign in.

use serde_json::{Value, json};

use super::{
    browser::{self, Browser, cookies_of, email, error_of, json_of, sign_in, sign_up},
    mails::{last, sent, server},
};
use crate::support::TestServer;

const REQUIRED: &str = "emailAndPassword: {requireEmailVerification: true}";

async fn users(server: &TestServer) -> String {
    let sql = r#"SELECT (SELECT count(*) FROM "user") || ',' || (SELECT count(*) FROM session)"#;
    server.database.value(sql).await
}

#[tokio::test]
async fn a_new_user_is_mailed_the_link_and_not_signed_in() {
    let server = server(REQUIRED).await;
    let mut body = sign_up("ann");
    body["callbackURL"] = json!("/welcome");
    let answer = Browser::new(&server).post("/sign-up/email", &body).await;
    assert_eq!(json_of(&answer)["token"], Value::Null);
    assert_eq!(cookies_of(&answer), [""; 0]);
    assert_eq!(users(&server).await, "1,0");
    assert_eq!(sent(&server).await, ["verification ann@example.com"]);
    assert!(last(&server).await.url.ends_with("&callbackURL=%2Fwelcome"));
}

#[tokio::test]
async fn a_known_address_looks_like_a_new_one() {
    let server = server(REQUIRED).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = Browser::new(&server)
            .post("/sign-up/email", &sign_up("ann"))
            .await;
        assert_eq!((answer.status, cookies_of(&answer).len()), (200, 0));
        let mut body = json_of(&answer);
        assert_eq!(body["user"]["id"].take().as_str().unwrap().len(), 32);
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(users(&server).await, "1,0");
    assert_eq!(sent(&server).await, ["verification ann@example.com"]);
}

#[tokio::test]
async fn a_user_is_told_of_a_sign_up_with_their_address_if_the_settings_say_so() {
    let server =
        server("emailAndPassword: {requireEmailVerification: true, onExistingUserSignUp: true}")
            .await;
    for _ in 0..2 {
        Browser::new(&server)
            .post("/sign-up/email", &sign_up("ann"))
            .await;
    }
    assert_eq!(
        sent(&server).await,
        [
            "verification ann@example.com",
            "existingUserSignUp ann@example.com"
        ]
    );
}

#[tokio::test]
async fn only_a_verified_address_signs_in() {
    let server = server(REQUIRED).await;
    let mut browser = Browser::new(&server);
    browser.post("/sign-up/email", &sign_up("ann")).await;
    let answer = browser.post("/sign-in/email", &sign_in("ann")).await;
    assert_eq!(error_of(&answer), "403 EMAIL_NOT_VERIFIED");
    let wrong = json!({"email": email("ann"), "password": "wrong password"});
    let answer = browser.post("/sign-in/email", &wrong).await;
    assert_eq!(error_of(&answer), "401 INVALID_EMAIL_OR_PASSWORD");
    browser.get(last(&server).await.path()).await;
    let answer = browser.post("/sign-in/email", &sign_in("ann")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn the_link_is_mailed_again_at_sign_in_if_the_settings_say_so() {
    let server = server(&format!(
        "{REQUIRED}\nemailVerification: {{sendOnSignIn: true, sendOnSignUp: false}}"
    ))
    .await;
    let mut browser = Browser::new(&server);
    browser.post("/sign-up/email", &sign_up("ann")).await;
    assert_eq!(sent(&server).await, [""; 0]);
    let mut body = sign_in("ann");
    body["callbackURL"] = json!("/welcome");
    for count in 1..=2 {
        let answer = browser.post("/sign-in/email", &body).await;
        assert_eq!(error_of(&answer), "403 EMAIL_NOT_VERIFIED");
        assert_eq!(
            sent(&server).await,
            vec!["verification ann@example.com"; count]
        );
    }
    assert!(last(&server).await.url.ends_with("&callbackURL=%2Fwelcome"));
    let wrong = json!({"email": email("ann"), "password": "wrong password"});
    browser.post("/sign-in/email", &wrong).await;
    assert_eq!(sent(&server).await.len(), 2);
}

#[tokio::test]
async fn a_new_user_is_mailed_the_link_without_having_to_follow_it() {
    let server = server("emailVerification: {sendOnSignUp: true}").await;
    let answer = Browser::new(&server)
        .post("/sign-up/email", &sign_up("ann"))
        .await;
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    assert_eq!(sent(&server).await, ["verification ann@example.com"]);
}

#[tokio::test]
async fn without_mail_addresses_are_verified_in_another_way() {
    let server = browser::server(REQUIRED).await;
    let mut browser = Browser::new(&server);
    browser.post("/sign-up/email", &sign_up("ann")).await;
    let answer = browser.post("/sign-in/email", &sign_in("ann")).await;
    assert_eq!(error_of(&answer), "403 EMAIL_NOT_VERIFIED");
    server
        .database
        .execute(r#"UPDATE "user" SET "emailVerified" = true"#)
        .await;
    let answer = browser.post("/sign-in/email", &sign_in("ann")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn of_eight_sign_ups_at_once_none_tells_that_the_address_is_known() {
    let server = server(REQUIRED).await;
    let attempts = (0..8).map(|_| {
        let mut browser = Browser::new(&server);
        tokio::spawn(async move { browser.post("/sign-up/email", &sign_up("ann")).await.status })
    });
    for attempt in attempts.collect::<Vec<_>>() {
        assert_eq!(attempt.await.unwrap(), 200);
    }
    assert_eq!(sent(&server).await, ["verification ann@example.com"]);
}

#[tokio::test]
async fn the_audit_log_knows_who_did_not_sign_in_and_why() {
    let server = server(&format!("{REQUIRED}\naudit: {{enabled: true}}")).await;
    let mut browser = Browser::new(&server);
    browser.post("/sign-up/email", &sign_up("ann")).await;
    browser.post("/sign-in/email", &sign_in("ann")).await;
    browser.post("/sign-in/email", &sign_in("nobody")).await;
    browser.get(last(&server).await.path()).await;
    browser.post("/sign-in/email", &sign_in("ann")).await;
    let events =
        "SELECT string_agg(event || coalesce(' ' || (data->>'reason'), ''), ', ' ORDER BY id)
                  FROM authbackend_audit";
    assert_eq!(
        server.database.value(events).await,
        "user.created, sign_in.failed EMAIL_NOT_VERIFIED, sign_in.failed INVALID_EMAIL_OR_PASSWORD, \
         email.verified, session.created"
    );
}
