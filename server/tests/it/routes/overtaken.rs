//! What a password was checked for, when it is changed before that happens.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, raw_sql};

use super::browser::{Browser, PASSWORD, email, error_of, server_migrated_for};
use crate::support::{TestServer, eventually, http::Answer};

const SETTINGS: [&str; 2] = [
    "user: {deleteUser: {enabled: true}}",
    "{user: {deleteUser: {enabled: true}}, audit: {enabled: true}}",
];

/// What `/reset-password` does to Ann once it has locked her: her sessions go, and she has another password.
const RESET: &str = "DELETE FROM session; UPDATE account SET password = 'salt:another'";

/// The answer to a request for which a password is checked, while `change` is under way and done before it goes on.
async fn overtaken(
    server: &TestServer,
    mut browser: Browser,
    (path, body): (&'static str, Value),
    change: &str,
) -> Answer {
    let mut connection = server.database.connect().await;
    let mut reset = connection.begin().await.unwrap();
    raw_sql(r#"SELECT FROM "user" FOR UPDATE"#)
        .execute(&mut *reset)
        .await
        .unwrap();
    let request = tokio::spawn(async move { browser.post(path, &body).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the request waits for the reset", async || {
        server.database.value(waiting).await == "1"
    })
    .await;
    raw_sql(AssertSqlSafe(change))
        .execute(&mut *reset)
        .await
        .unwrap();
    reset.commit().await.unwrap();
    request.await.unwrap()
}

async fn state(server: &TestServer) -> String {
    let state = r#"SELECT (SELECT count(*) FROM "user") || ' user, ' || (SELECT count(*) FROM session)
                       || ' sessions, ' || (SELECT password FROM account)"#;
    server.database.value(state).await
}

#[tokio::test]
async fn a_sign_in_by_the_password_of_before_a_reset_begins_no_session() {
    for settings in SETTINGS {
        let server = server_migrated_for(settings).await;
        Browser::signed_up(&server, "ann").await;
        let body = json!({"email": email("ann"), "password": PASSWORD});
        let request = ("/sign-in/email", body);
        let answer = overtaken(&server, Browser::new(&server), request, RESET).await;
        assert_eq!(error_of(&answer), "401 INVALID_EMAIL_OR_PASSWORD");
        let left = "1 user, 0 sessions, salt:another";
        assert_eq!(state(&server).await, left, "{settings}");
    }
}

#[tokio::test]
async fn a_sign_in_that_would_replace_the_hash_of_before_a_reset_does_not() {
    let server = server_migrated_for("{}").await;
    Browser::signed_up(&server, "ann").await;
    let outdated = "UPDATE account SET password =
        '4fd51a04136afc90f5957db1a8ad0ace:381592f45151e9cccce0f107ec014a6ae9f1786e8d675ecef2e7e073be62b79b674e505891fe0a6994e622b3e305e8bde97d883d56092d6c7de35328492e14a5'";
    server.database.execute(outdated).await;
    let body = json!({"email": email("ann"), "password": "password123"});
    let request = ("/sign-in/email", body);
    let answer = overtaken(&server, Browser::new(&server), request, RESET).await;
    assert_eq!(error_of(&answer), "401 INVALID_EMAIL_OR_PASSWORD");
    assert_eq!(state(&server).await, "1 user, 0 sessions, salt:another");
}

#[tokio::test]
async fn a_change_by_the_password_of_before_a_reset_changes_nothing() {
    let ended = "DELETE FROM session";
    let changed = "UPDATE account SET password = 'salt:another'";
    for settings in SETTINGS {
        for revoke in [false, true] {
            for (change, expected, left) in [
                (
                    RESET,
                    "401 UNAUTHORIZED",
                    "1 user, 0 sessions, salt:another",
                ),
                (ended, "401 UNAUTHORIZED", "1 user, 0 sessions, $argon2id"),
                (
                    changed,
                    "400 INVALID_PASSWORD",
                    "1 user, 1 sessions, salt:another",
                ),
            ] {
                let server = server_migrated_for(settings).await;
                let browser = Browser::signed_up(&server, "ann").await;
                let body = json!({"currentPassword": PASSWORD, "newPassword": "battery staple",
                                  "revokeOtherSessions": revoke});
                let before = server.database.value("SELECT password FROM account").await;
                let request = ("/change-password", body);
                let answer = overtaken(&server, browser, request, change).await;
                assert_eq!(error_of(&answer), expected, "{settings} {revoke} {change}");
                let now = state(&server).await.replace(&before, "$argon2id");
                assert_eq!(now, left, "{settings} {revoke} {change}");
            }
        }
    }
}

#[tokio::test]
async fn a_deletion_by_the_password_of_before_a_reset_deletes_nobody() {
    let server = server_migrated_for(SETTINGS[0]).await;
    let browser = Browser::signed_up(&server, "ann").await;
    let request = ("/delete-user", json!({"password": PASSWORD}));
    let answer = overtaken(&server, browser, request, RESET).await;
    assert_eq!(error_of(&answer), "400 INVALID_PASSWORD");
    assert_eq!(state(&server).await, "1 user, 0 sessions, salt:another");
}
