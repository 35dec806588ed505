use serde_json::{Value, json};
use time::Duration;

use super::browser::{
    Browser, ENDED, PASSWORD, cookies_of, error_of, json_of, server, sign_in, sign_up,
};
use crate::support::TestServer;

const COMPACT: &str = "session: {cookieCache: {enabled: true}}";
const JWT: &str = "session: {cookieCache: {enabled: true, strategy: jwt}}";
const JWE: &str = "session: {cookieCache: {enabled: true, strategy: jwe}}";

const DATA: &str = "better-auth.session_data";

/// Ends every session behind the back of the browsers.
async fn end_sessions(server: &TestServer) {
    server.database.execute("DELETE FROM session").await;
}

#[tokio::test]
async fn the_copy_is_set_at_sign_in_and_answers_without_the_database() {
    for settings in [COMPACT, JWT, JWE] {
        let server = server(settings).await;
        let mut browser = Browser::new(&server);
        let answer = browser.post("/sign-up/email", &sign_up("ann")).await;
        let cookies = ["session_token 604800", "session_data 300"];
        assert_eq!(cookies_of(&answer), cookies, "{settings}");
        let stored = json_of(&browser.get("/get-session?disableCookieCache=true").await);
        end_sessions(&server).await;
        let answer = browser.get("/get-session").await;
        assert_eq!(json_of(&answer), stored, "{settings}");
        assert_eq!(cookies_of(&answer), [""; 0], "{settings}");
    }
}

#[tokio::test]
async fn the_copy_is_believed_for_five_minutes() {
    for settings in [COMPACT, JWT, JWE] {
        let server = server(settings).await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        end_sessions(&server).await;
        server.clock.step(Duration::seconds(299));
        assert_ne!(browser.get("/get-session").await.body, "null", "{settings}");
        server.clock.step(Duration::seconds(2));
        assert_eq!(browser.get("/get-session").await.body, "null", "{settings}");
    }
}

#[tokio::test]
async fn an_expired_copy_is_replaced() {
    let server = server("session: {cookieCache: {enabled: true, maxAge: 60}}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::seconds(61));
    let answer = browser.get("/get-session").await;
    assert_eq!(cookies_of(&answer), ["session_data 0", "session_data 60"]);
    assert_eq!(cookies_of(&browser.get("/get-session").await), [""; 0]);
}

#[tokio::test]
async fn a_request_may_ask_for_what_the_database_says() {
    let server = server(COMPACT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.get("/get-session?disableCookieCache=true").await;
    assert_eq!(cookies_of(&answer), ["session_data 300"]);
    end_sessions(&server).await;
    let answer = browser.get("/get-session?disableCookieCache=true").await;
    assert_eq!(
        (answer.body.as_str(), cookies_of(&answer).as_slice()),
        ("null", &ENDED_COPY.map(String::from)[..])
    );
}

/// What an answer removes that ends a session of which the browser has a copy.
const ENDED_COPY: [&str; 4] = [ENDED[0], ENDED[1], ENDED[1], ENDED[2]];

#[tokio::test]
async fn a_copy_that_is_not_to_be_believed_is_removed_and_the_database_asked() {
    let server = server(COMPACT).await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let ben = Browser::signed_up(&server, "ben").await;
    let whole = ann.cookies[DATA].clone();
    for wrong in [
        "x".to_owned(),
        format!("{}x", &whole[..whole.len() - 1]),
        ben.cookies[DATA].clone(),
    ] {
        ann.cookies.insert(DATA.to_owned(), wrong);
        let answer = ann.get("/get-session").await;
        assert_eq!(json_of(&answer)["user"]["name"], "ann");
        assert_eq!(cookies_of(&answer), ["session_data 0", "session_data 300"]);
    }
}

#[tokio::test]
async fn without_a_session_cookie_the_copy_says_nothing() {
    let server = server(COMPACT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    browser.cookies.remove("better-auth.session_token");
    let answer = browser.get("/get-session").await;
    assert_eq!(
        (answer.body.as_str(), cookies_of(&answer).len()),
        ("null", 0)
    );
}

#[tokio::test]
async fn a_copy_of_another_version_is_not_believed() {
    let old = server(COMPACT).await;
    let browser = Browser::signed_up(&old, "ann").await;
    let new = server("session: {cookieCache: {enabled: true, version: '2'}}").await;
    let mut other = Browser::new(&new);
    other.cookies = browser.cookies.clone();
    assert_eq!(other.get("/get-session").await.body, "null");
}

#[tokio::test]
async fn a_session_that_was_revoked_changes_nothing_that_matters() {
    let server = server(COMPACT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    end_sessions(&server).await;
    for (path, body) in [
        ("/revoke-sessions", json!({})),
        ("/revoke-other-sessions", json!({})),
        ("/revoke-session", json!({"token": "x"})),
        (
            "/change-password",
            json!({"currentPassword": PASSWORD, "newPassword": "another one"}),
        ),
        ("/verify-password", json!({"password": PASSWORD})),
    ] {
        let answer = browser.clone().post(path, &body).await;
        assert_eq!(error_of(&answer), "401 UNAUTHORIZED", "{path}");
    }
    // What only reads may trust the copy.
    assert_eq!(browser.get("/list-sessions").await.status, 200);
}

#[tokio::test]
async fn signing_out_removes_the_copy() {
    let server = server(COMPACT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post("/sign-out", &json!({})).await;
    assert_eq!(cookies_of(&answer), ENDED_COPY);
}

#[tokio::test]
async fn a_changed_user_is_copied_anew() {
    let server = server(COMPACT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.post("/update-user", &json!({"name": "Anna"})).await;
    assert_eq!(
        cookies_of(&answer),
        ["session_token 604800", "session_data 300"]
    );
    end_sessions(&server).await;
    let session = json_of(&browser.get("/get-session").await);
    assert_eq!(session["user"]["name"], "Anna");
}

#[tokio::test]
async fn the_copy_of_a_session_that_ends_with_the_browser_ends_with_it_too() {
    for (settings, seconds) in [(COMPACT, 60), (JWT, 300), (JWE, 300)] {
        let server = server(settings).await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        browser.cookies.clear();
        let mut body = sign_in("ann");
        body["rememberMe"] = json!(false);
        let answer = browser.post("/sign-in/email", &body).await;
        let cookies = ["session_token", "dont_remember", "session_data"];
        assert_eq!(cookies_of(&answer), cookies, "{settings}");
        server.clock.step(Duration::seconds(seconds + 1));
        // Read from the database, and not copied again.
        let answer = browser.get("/get-session").await;
        assert_ne!(answer.body, "null");
        assert_eq!(cookies_of(&answer), ["session_data 0"], "{settings}");
    }
}

#[tokio::test]
async fn a_long_copy_is_split_and_put_together() {
    for settings in [COMPACT, JWT, JWE] {
        let server = server(settings).await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        let name = "long ".repeat(1600);
        let answer = browser.post("/update-user", &json!({"name": name})).await;
        let set = cookies_of(&answer);
        assert_eq!(set[1], "session_data 0", "{settings}");
        assert_eq!(set[2], "session_data.0 300", "{settings}");
        assert!(set.len() >= 5, "{settings}: {set:?}");
        for cookie in answer.headers("set-cookie") {
            assert!(cookie.len() <= 4050, "{}", cookie.len());
        }
        end_sessions(&server).await;
        let session = json_of(&browser.get("/get-session").await);
        assert_eq!(session["user"]["name"], Value::from(name), "{settings}");
    }
}

#[tokio::test]
async fn a_copy_that_is_short_again_removes_the_pieces_of_the_long_one() {
    let server = server(COMPACT).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let long = json!({"name": "long ".repeat(1000)});
    browser.post("/update-user", &long).await;
    let answer = browser.post("/update-user", &json!({"name": "ann"})).await;
    let cookies = [
        "session_token 604800",
        "session_data.0 0",
        "session_data.1 0",
        "session_data 300",
    ];
    assert_eq!(cookies_of(&answer), cookies);
}

#[tokio::test]
async fn where_extending_is_deferred_reading_writes_nothing_and_says_when_it_is_time() {
    let server = server("session: {deferSessionRefresh: true}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let first = json_of(&browser.get("/get-session").await);
    assert_eq!(first["needsRefresh"], json!(false));
    server.clock.step(Duration::days(2));
    let answer = browser.get("/get-session").await;
    assert_eq!(json_of(&answer)["needsRefresh"], json!(true));
    assert_eq!(json_of(&answer)["session"], first["session"]);
    assert_eq!(cookies_of(&answer), [""; 0]);
}

#[tokio::test]
async fn where_extending_is_deferred_a_post_extends() {
    let server = server("session: {deferSessionRefresh: true}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(2));
    let answer = browser.post("/get-session", &json!({})).await;
    let body = json_of(&answer);
    assert_eq!(body["session"]["expiresAt"], "2026-01-11T03:04:05.678Z");
    assert_eq!(body.get("needsRefresh"), None);
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
}

#[tokio::test]
async fn where_extending_is_deferred_only_a_post_deletes_an_expired_session() {
    let server = server("session: {deferSessionRefresh: true}").await;
    let browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(8));
    let count = || server.database.value("SELECT count(*) FROM session");
    assert_eq!(browser.clone().get("/get-session").await.body, "null");
    assert_eq!(count().await, "1");
    assert_eq!(
        browser.clone().post("/get-session", &json!({})).await.body,
        "null"
    );
    assert_eq!(count().await, "0");
}
