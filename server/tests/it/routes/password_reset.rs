use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    browser::{self, Browser, PASSWORD, email, error_of, json_of},
    mails::{last, mails, redirect, sent, server},
};
use crate::support::TestServer;

const REQUEST: &str = "/request-password-reset";
const RESET: &str = "/reset-password";
const NEW: &str = "battery staple";

/// The token of the link that a user asks for.
async fn token(server: &TestServer) -> String {
    let body = json!({"email": email("ann"), "redirectTo": "/form"});
    Browser::new(server).post(REQUEST, &body).await;
    last(server).await.token
}

async fn reset(server: &TestServer, password: &str, token: &str) -> String {
    let body = json!({"newPassword": password, "token": token});
    error_of(&Browser::new(server).post(RESET, &body).await)
}

async fn sign_in(server: &TestServer, password: &str) -> u16 {
    let body = json!({"email": email("ann"), "password": password});
    Browser::new(server)
        .post("/sign-in/email", &body)
        .await
        .status
}

#[tokio::test]
async fn a_user_is_mailed_a_link_with_a_token() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let body = json!({"email": "ANN@example.com", "redirectTo": "/form?x=1"});
    let answer = Browser::new(&server).post(REQUEST, &body).await;
    assert_eq!(
        json_of(&answer),
        json!({
            "status": true,
            "message": "If this email exists in our system, check your email for the reset link",
        })
    );
    let mail = last(&server).await;
    assert_eq!(
        (mail.kind.as_str(), mail.to.as_str()),
        ("resetPassword", "ann@example.com")
    );
    assert_eq!(mail.token.len(), 24);
    assert_eq!(
        mail.path(),
        format!("/reset-password/{}?callbackURL=%2Fform%3Fx%3D1", mail.token)
    );
    let row = r#"SELECT (identifier = 'reset-password:' || (SELECT payload->>'token' FROM authbackend_outbox))
                     || ' ' || (value = (SELECT id FROM "user")) || ' ' || ("expiresAt" - "createdAt")
                 FROM verification"#;
    assert_eq!(server.database.value(row).await, "true true 01:00:00");
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_answer_in_the_same_time_and_no_mail() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let mut answers = Vec::new();
    for name in ["ann", "nobody"] {
        let start = Instant::now();
        let answer = Browser::new(&server)
            .post(REQUEST, &json!({"email": email(name)}))
            .await;
        assert!(start.elapsed() >= Duration::from_millis(500), "{name}");
        answers.push((answer.status, answer.body));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(sent(&server).await, ["resetPassword ann@example.com"]);
}

#[tokio::test]
async fn without_mail_there_is_no_link() {
    let server = browser::server("{}").await;
    let answer = Browser::new(&server)
        .post(REQUEST, &json!({"email": email("ann")}))
        .await;
    assert_eq!(error_of(&answer), "400 RESET_PASSWORD_DISABLED");
}

#[tokio::test]
async fn a_link_leads_only_to_a_trusted_origin() {
    let server = server("").await;
    let body = json!({"email": email("ann"), "redirectTo": "https://evil.example"});
    let answer = Browser::new(&server).post(REQUEST, &body).await;
    assert_eq!(error_of(&answer), "403 INVALID_REDIRECT_URL");
    let path = "/reset-password/x?callbackURL=https%3A%2F%2Fevil.example";
    let answer = Browser::new(&server).get(path).await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
}

#[tokio::test]
async fn the_link_leads_to_the_form_with_the_token() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    for (callback, expected) in [
        (
            "%2Fform",
            format!("http://localhost:8100/form?token={token}"),
        ),
        (
            "%2Fform%3Ftoken%3Dold%26x%3D%2520y%26token%3Dolder%23part",
            format!("http://localhost:8100/form?token={token}&x=+y#part"),
        ),
        (
            "http%3A%2F%2Flocalhost%3A8100",
            format!("http://localhost:8100/?token={token}"),
        ),
    ] {
        let path = format!("/reset-password/{token}?callbackURL={callback}");
        let answer = Browser::new(&server).get(&path).await;
        assert_eq!(redirect(&answer), format!("302 {expected}"));
    }
    assert_eq!(reset(&server, NEW, &token).await, "200 ");
}

#[tokio::test]
async fn a_link_without_a_good_token_leads_to_the_form_with_an_error() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    let mut browser = Browser::new(&server);
    let answer = browser
        .get("/reset-password/unknown?callbackURL=/form%3Fx%3D1")
        .await;
    assert_eq!(
        redirect(&answer),
        "302 http://localhost:8100/form?x=1&error=INVALID_TOKEN"
    );
    let answer = browser
        .get(&format!("/reset-password/{token}?callbackURL="))
        .await;
    assert_eq!(
        redirect(&answer),
        "302 http://localhost:8100/api/error?error=INVALID_TOKEN"
    );
    let answer = browser.get(&format!("/reset-password/{token}")).await;
    assert_eq!(error_of(&answer), "400 VALIDATION_ERROR");
    server.clock.step(time::Duration::seconds(3601));
    let answer = browser
        .get(&format!("/reset-password/{token}?callbackURL=/form"))
        .await;
    assert_eq!(
        redirect(&answer),
        "302 http://localhost:8100/form?error=INVALID_TOKEN"
    );
}

#[tokio::test]
async fn the_new_password_takes_the_place_of_the_old_and_the_token_is_used_up() {
    let server = server("").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    assert_eq!(reset(&server, NEW, &token).await, "200 ");
    assert_eq!(
        (
            sign_in(&server, NEW).await,
            sign_in(&server, PASSWORD).await
        ),
        (200, 401)
    );
    assert_eq!(reset(&server, PASSWORD, &token).await, "400 INVALID_TOKEN");
    assert!(json_of(&browser.get("/get-session").await).is_object());
}

#[tokio::test]
async fn sessions_end_with_the_old_password_if_the_settings_say_so() {
    let server = server("emailAndPassword: {revokeSessionsOnPasswordReset: true}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    assert_eq!(reset(&server, NEW, &token).await, "200 ");
    assert!(json_of(&browser.get("/get-session").await).is_null());
}

#[tokio::test]
async fn a_token_survives_a_password_that_is_refused() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    let long = "x".repeat(129);
    for (password, expected) in [
        ("short", "400 PASSWORD_TOO_SHORT"),
        (long.as_str(), "400 PASSWORD_TOO_LONG"),
        (NEW, "200 "),
    ] {
        assert_eq!(reset(&server, password, &token).await, expected);
    }
}

#[tokio::test]
async fn a_token_ends_when_the_settings_say_so() {
    let server = server("emailAndPassword: {resetPasswordTokenExpiresIn: 600}").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    server.clock.step(time::Duration::seconds(601));
    assert_eq!(reset(&server, NEW, &token).await, "400 INVALID_TOKEN");
    assert_eq!(sign_in(&server, PASSWORD).await, 200);
}

#[tokio::test]
async fn a_token_may_be_in_the_query() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    let mut browser = Browser::new(&server);
    let body = json!({"newPassword": NEW});
    assert_eq!(
        error_of(&browser.post(RESET, &body).await),
        "400 INVALID_TOKEN"
    );
    let answer = browser.post(&format!("{RESET}?token={token}"), &body).await;
    assert_eq!(json_of(&answer), json!({"status": true}));
}

#[tokio::test]
async fn of_twenty_uses_of_a_token_at_once_one_succeeds() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    let attempts = (0..20).map(|number| {
        let mut browser = Browser::new(&server);
        let password = format!("battery staple {number}");
        let body = json!({"newPassword": password, "token": token});
        tokio::spawn(async move { (password, browser.post(RESET, &body).await) })
    });
    let mut chosen = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        let (password, answer) = attempt.await.unwrap();
        if answer.status == 200 {
            chosen.push(password);
        } else {
            assert_eq!(error_of(&answer), "400 INVALID_TOKEN");
        }
    }
    assert_eq!(chosen.len(), 1);
    assert_eq!(sign_in(&server, &chosen[0]).await, 200);
}

#[tokio::test]
async fn a_user_without_a_password_gets_one() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    server.database.execute("DELETE FROM account").await;
    let token = token(&server).await;
    assert_eq!(reset(&server, NEW, &token).await, "200 ");
    assert_eq!(sign_in(&server, NEW).await, 200);
}

#[tokio::test]
async fn a_token_of_a_user_who_has_left_is_good_for_nothing() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server).await;
    server.database.execute(r#"DELETE FROM "user""#).await;
    assert_eq!(reset(&server, NEW, &token).await, "400 USER_NOT_FOUND");
}

#[tokio::test]
async fn each_request_has_a_token_of_its_own() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let (first, second) = (token(&server).await, token(&server).await);
    assert_ne!(first, second);
    assert_eq!(mails(&server).await.len(), 2);
    for token in [first, second] {
        assert_eq!(reset(&server, NEW, &token).await, "200 ");
    }
}
