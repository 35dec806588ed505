use serde_json::{Value, json};
use time::Duration;

use super::{
    browser::{self, Browser, ENDED, PASSWORD, cookies_of, error_of, json_of},
    mails::{last, redirect, sent, server},
};
use crate::support::TestServer;

const PATH: &str = "/delete-user";
const ENABLED: &str = "user: {deleteUser: {enabled: true}}";
const BY_MAIL: &str = "user: {deleteUser: {enabled: true, sendDeleteAccountVerification: true}}";

/// How many users, accounts and sessions there are.
async fn rows(server: &TestServer) -> String {
    let sql = r#"SELECT (SELECT count(*) FROM "user") || ',' || (SELECT count(*) FROM account)
                        || ',' || (SELECT count(*) FROM session)"#;
    server.database.value(sql).await
}

fn deleted() -> Value {
    json!({"success": true, "message": "User deleted"})
}

#[tokio::test]
async fn nothing_is_left_of_a_user_who_leaves() {
    let server = browser::server(ENABLED).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let mut elsewhere = Browser::signed_in(&server, "ann").await;
    Browser::signed_up(&server, "bob").await;
    let answer = browser.post(PATH, &json!({})).await;
    assert_eq!(json_of(&answer), deleted());
    assert_eq!(cookies_of(&answer), ENDED);
    assert_eq!(rows(&server).await, "1,1,1");
    assert_eq!(json_of(&elsewhere.get("/get-session").await), Value::Null);
}

#[tokio::test]
async fn a_database_that_removes_nothing_by_itself_is_cleared_too() {
    let server = browser::server(ENABLED).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for table in ["session", "account"] {
        let sql = format!(
            r#"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{table}_userId_fkey";
               ALTER TABLE {table} ADD FOREIGN KEY ("userId") REFERENCES "user" (id)"#
        );
        server.database.execute(&sql).await;
    }
    assert_eq!(json_of(&browser.post(PATH, &json!({})).await), deleted());
    assert_eq!(rows(&server).await, "0,0,0");
}

#[tokio::test]
async fn a_stale_session_needs_the_password() {
    let server = browser::server(ENABLED).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::DAY);
    for (body, expected) in [
        (json!({}), "400 SESSION_EXPIRED"),
        (
            json!({"password": "wrong password"}),
            "400 INVALID_PASSWORD",
        ),
        (
            json!({"password": "x".repeat(129)}),
            "400 PASSWORD_TOO_LONG",
        ),
        (json!({"password": PASSWORD}), "200 User deleted"),
    ] {
        assert_eq!(error_of(&browser.post(PATH, &body).await), expected);
    }
}

#[tokio::test]
async fn a_user_without_password_cannot_show_one() {
    let server = browser::server(ENABLED).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.database.execute("DELETE FROM account").await;
    let answer = browser.post(PATH, &json!({"password": PASSWORD})).await;
    assert_eq!(error_of(&answer), "400 CREDENTIAL_ACCOUNT_NOT_FOUND");
}

#[tokio::test]
async fn a_mail_asks_first_if_the_settings_say_so() {
    let server = server(BY_MAIL).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post(PATH, &json!({"callbackURL": "/bye"})).await;
    let expected = json!({"success": true, "message": "Verification email sent"});
    assert_eq!(json_of(&answer), expected);
    assert_eq!(rows(&server).await, "1,1,1");
    assert_eq!(sent(&server).await, ["deleteAccount ann@example.com"]);
    let mail = last(&server).await;
    assert_eq!(mail.token.len(), 32);
    let answer = browser.get(mail.path()).await;
    assert_eq!(redirect(&answer), "302 /bye");
    assert_eq!(cookies_of(&answer), ENDED);
    assert_eq!(rows(&server).await, "0,0,0");
}

#[tokio::test]
async fn the_token_of_the_mail_may_be_posted() {
    let server = server(BY_MAIL).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    browser.post(PATH, &json!({})).await;
    let token = last(&server).await.token;
    let answer = browser.post(PATH, &json!({"token": "wrong"})).await;
    assert_eq!(error_of(&answer), "404 INVALID_TOKEN");
    let answer = browser.post(PATH, &json!({"token": token})).await;
    assert_eq!(json_of(&answer), deleted());
}

#[tokio::test]
async fn without_a_callback_url_the_answer_to_the_link_is_json() {
    let server = server(BY_MAIL).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    browser.post(PATH, &json!({})).await;
    let answer = browser.get(last(&server).await.bare_path()).await;
    assert_eq!(json_of(&answer), deleted());
}

#[tokio::test]
async fn a_link_is_good_for_the_user_alone_who_asked_for_it() {
    let server = server(BY_MAIL).await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let mut bob = Browser::signed_up(&server, "bob").await;
    ann.post(PATH, &json!({})).await;
    let link = last(&server).await.path().to_owned();
    assert_eq!(error_of(&bob.get(&link).await), "404 INVALID_TOKEN");
    let answer = Browser::new(&server).get(&link).await;
    assert_eq!(error_of(&answer), "404 FAILED_TO_GET_USER_INFO");
    assert_eq!(rows(&server).await, "2,2,2");
}

#[tokio::test]
async fn a_link_ends_when_the_settings_say_so() {
    let server = server(
        "user: {deleteUser: {enabled: true, sendDeleteAccountVerification: true, deleteTokenExpiresIn: 600}}",
    )
    .await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    browser.post(PATH, &json!({})).await;
    server.clock.step(Duration::seconds(601));
    let answer = browser.get(last(&server).await.path()).await;
    assert_eq!(error_of(&answer), "404 INVALID_TOKEN");
}

#[tokio::test]
async fn a_link_leads_only_to_a_trusted_origin() {
    let server = server(BY_MAIL).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser
        .get("/delete-user/callback?token=x&callbackURL=//evil.example")
        .await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
}

#[tokio::test]
async fn users_stay_unless_the_settings_let_them_go() {
    let server = browser::server("{}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post(PATH, &json!({})).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = browser.get("/delete-user/callback?token=x").await;
    assert_eq!(error_of(&answer), "404 NOT_FOUND");
    let answer = Browser::new(&server).post(PATH, &json!({})).await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn the_audit_log_knows_who_has_left() {
    let server = browser::server(&format!("{ENABLED}\naudit: {{enabled: true}}")).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    browser.post(PATH, &json!({})).await;
    let events = "SELECT string_agg(event, ',' ORDER BY id) FROM authbackend_audit";
    assert_eq!(
        server.database.value(events).await,
        "user.created,session.created,user.deleted"
    );
}
