use auth_server::crypto::jwt::JwtSigner;
use serde_json::{Value, json};
use time::Duration;

use super::{
    browser::{Browser, cookies_of, email, error_of, json_of},
    mails::{last, redirect, sent, server},
};
use crate::support::{SECRET, TestServer};

/// A token that says `claims`, good for an hour.
fn token(server: &TestServer, claims: &Value) -> String {
    let claims = claims.as_object().unwrap().clone();
    let signer = JwtSigner::new([SECRET]);
    signer
        .sign(claims, server.clock.now(), Duration::HOUR)
        .unwrap()
}

async fn id_of(server: &TestServer, name: &str) -> String {
    let sql = format!(r#"SELECT id FROM "user" WHERE email = '{}'"#, email(name));
    server.database.value(&sql).await
}

/// Address of the only user, and whether it is verified.
async fn address(server: &TestServer) -> String {
    let sql = r#"SELECT email || ' ' || "emailVerified" FROM "user""#;
    server.database.value(sql).await
}

async fn link(server: &TestServer, browser: &mut Browser) -> String {
    let body = json!({"email": email("ann"), "callbackURL": "/done"});
    browser.post("/send-verification-email", &body).await;
    last(server).await.path().to_owned()
}

#[tokio::test]
async fn whoever_follows_the_link_has_a_verified_address() {
    let server = server("").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let link = link(&server, &mut browser).await;
    let mut elsewhere = Browser::new(&server);
    for _ in 0..2 {
        let answer = elsewhere.get(&link).await;
        assert_eq!(redirect(&answer), "302 /done");
        assert_eq!(cookies_of(&answer), [""; 0]);
    }
    assert_eq!(address(&server).await, "ann@example.com true");
}

#[tokio::test]
async fn without_a_callback_url_the_answer_is_json() {
    let server = server("").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    link(&server, &mut browser).await;
    let mail = last(&server).await;
    let answer = browser.get(mail.bare_path()).await;
    assert_eq!(json_of(&answer), json!({"status": true, "user": null}));
}

#[tokio::test]
async fn a_link_does_not_hold_for_longer_than_the_settings_say() {
    let server = server("emailVerification: {expiresIn: 600}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let link = link(&server, &mut browser).await;
    let bare = last(&server).await.bare_path().to_owned();
    server.clock.step(Duration::seconds(601));
    assert_eq!(
        redirect(&browser.get(&link).await),
        "302 /done?error=TOKEN_EXPIRED"
    );
    assert_eq!(error_of(&browser.get(&bare).await), "401 TOKEN_EXPIRED");
    assert_eq!(address(&server).await, "ann@example.com false");
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let id = id_of(&server, "ann").await;
    let forged = JwtSigner::new(["another secret"])
        .sign(
            json!({"email": email("ann")}).as_object().unwrap().clone(),
            server.clock.now(),
            Duration::HOUR,
        )
        .unwrap();
    for (token, expected) in [
        ("wrong".to_owned(), "INVALID_TOKEN"),
        (forged, "INVALID_TOKEN"),
        (
            token(&server, &json!({"session": {}, "user": {}})),
            "INVALID_TOKEN",
        ),
        (
            token(&server, &json!({"email": email("ann"), "userId": "other"})),
            "INVALID_TOKEN",
        ),
        (
            token(&server, &json!({"email": email("bob"), "userId": id})),
            "USER_NOT_FOUND",
        ),
    ] {
        let path = format!("/verify-email?token={token}");
        let mut browser = Browser::new(&server);
        assert_eq!(
            error_of(&browser.get(&path).await),
            format!("401 {expected}")
        );
        let answer = browser
            .get(&format!("{path}&callbackURL=%2Fdone%3Fx%3D1"))
            .await;
        assert_eq!(redirect(&answer), format!("302 /done?x=1&error={expected}"));
    }
    assert_eq!(address(&server).await, "ann@example.com false");
}

#[tokio::test]
async fn a_token_of_an_older_release_that_names_no_user_holds() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let token = token(&server, &json!({"email": email("ann")}));
    let answer = Browser::new(&server)
        .get(&format!("/verify-email?token={token}"))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(address(&server).await, "ann@example.com true");
}

#[tokio::test]
async fn nobody_is_led_to_an_origin_that_is_not_trusted() {
    let server = server("").await;
    for (url, expected) in [
        ("https%3A%2F%2Fevil.example", "403 -"),
        ("%2F%2Fevil.example", "403 -"),
        (
            "/..//evil.example",
            "302 /.//evil.example?error=INVALID_TOKEN",
        ),
    ] {
        let path = format!("/verify-email?token=wrong&callbackURL={url}");
        assert_eq!(
            redirect(&Browser::new(&server).get(&path).await),
            expected,
            "{url}"
        );
    }
}

#[tokio::test]
async fn whoever_follows_the_link_is_signed_in_if_the_settings_say_so() {
    let server = server("emailVerification: {autoSignInAfterVerification: true}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let link = link(&server, &mut browser).await;
    let mut elsewhere = Browser::new(&server);
    let answer = elsewhere.get(&link).await;
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    let session = json_of(&elsewhere.get("/get-session").await);
    assert_eq!(session["user"]["emailVerified"], true);
    let again = Browser::new(&server).get(&link).await;
    assert_eq!(cookies_of(&again), [""; 0]);
}

#[tokio::test]
async fn whoever_is_signed_in_already_keeps_the_session() {
    let server = server("emailVerification: {autoSignInAfterVerification: true}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let link = link(&server, &mut browser).await;
    let before = browser.cookies.clone();
    let answer = browser.get(&link).await;
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    assert_eq!(browser.cookies, before);
    assert_eq!(
        server.database.value("SELECT count(*) FROM session").await,
        "1"
    );
}

#[tokio::test]
async fn a_link_for_a_change_holds_once_and_for_its_own_user() {
    let server = server("").await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let id = id_of(&server, "ann").await;
    let claims = json!({
        "email": email("ann"), "updateTo": "new@example.com", "requestType": "change-email-verification",
        "userId": id,
    });
    let path = format!("/verify-email?token={}", token(&server, &claims));
    let mut bob = Browser::signed_up(&server, "bob").await;
    assert_eq!(error_of(&bob.get(&path).await), "401 INVALID_USER");
    let answer = ann.get(&path).await;
    let body = json_of(&answer);
    assert_eq!(
        (
            &body["status"],
            &body["user"]["email"],
            &body["user"]["emailVerified"]
        ),
        (&json!(true), &json!("new@example.com"), &json!(false))
    );
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    assert_eq!(error_of(&ann.get(&path).await), "401 INVALID_TOKEN");
}

#[tokio::test]
async fn a_change_needs_a_user_who_still_is_there() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let change = |user_id: Value| {
        let claims = json!({
            "email": email("ann"), "updateTo": "new@example.com", "requestType": "change-email-verification",
            "userId": user_id,
        });
        format!("/verify-email?token={}", token(&server, &claims))
    };
    for (user_id, expected) in [
        (json!(""), "INVALID_TOKEN"),
        (json!("gone"), "USER_NOT_FOUND"),
    ] {
        let answer = Browser::new(&server).get(&change(user_id)).await;
        assert_eq!(error_of(&answer), format!("401 {expected}"));
    }
}

#[tokio::test]
async fn of_twenty_who_follow_a_link_for_a_change_at_once_one_succeeds() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let claims = json!({
        "email": email("ann"), "updateTo": "new@example.com", "requestType": "change-email-verification",
        "userId": id_of(&server, "ann").await,
    });
    let path = format!("/verify-email?token={}", token(&server, &claims));
    let attempts = (0..20).map(|_| {
        let (mut browser, path) = (Browser::new(&server), path.clone());
        tokio::spawn(async move { browser.get(&path).await })
    });
    let mut succeeded = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        if answer.status == 200 {
            succeeded += 1;
        } else {
            assert_eq!(error_of(&answer), "401 INVALID_TOKEN");
        }
    }
    assert_eq!(succeeded, 1);
}

#[tokio::test]
async fn an_address_that_was_taken_in_the_meantime_cannot_be_had() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let claims = json!({
        "email": email("ann"), "updateTo": email("bob"), "requestType": "change-email-verification",
        "userId": id_of(&server, "ann").await,
    });
    Browser::signed_up(&server, "bob").await;
    let path = format!("/verify-email?token={}", token(&server, &claims));
    let answer = Browser::new(&server).get(&path).await;
    assert_eq!(
        error_of(&answer),
        "422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
    );
}

#[tokio::test]
async fn a_link_of_an_older_release_changes_the_address_and_asks_to_verify_it() {
    let server = server("").await;
    Browser::signed_up(&server, "ann").await;
    let claims = json!({
        "email": email("ann"), "updateTo": "new@example.com", "userId": id_of(&server, "ann").await,
    });
    let path = format!("/verify-email?token={}", token(&server, &claims));
    let answer = Browser::new(&server).get(&path).await;
    assert_eq!(json_of(&answer)["user"]["email"], "new@example.com");
    assert_eq!(sent(&server).await, ["verification new@example.com"]);
    let answer = Browser::new(&server)
        .get(last(&server).await.bare_path())
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(address(&server).await, "new@example.com true");
}
