use serde_json::{Value, json};
use time::Duration;

use super::browser::{Browser, ENDED, cookies_of, error_of, json_of, server, sign_up};
use crate::support::TestServer;

#[tokio::test]
async fn whoever_is_signed_in_is_told_so() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.get("/get-session").await;
    let body = json_of(&answer);
    let now = "2026-01-02T03:04:05.678Z";
    let Value::Object(mut session) = body["session"].clone() else {
        panic!("{body}")
    };
    assert_eq!(session.remove("userId").unwrap(), body["user"]["id"]);
    assert_eq!(session.remove("id").unwrap().as_str().unwrap().len(), 32);
    assert_eq!(session.remove("token").unwrap().as_str().unwrap().len(), 32);
    assert_eq!(
        Value::Object(session),
        json!({
            "expiresAt": "2026-01-09T03:04:05.678Z", "createdAt": now, "updatedAt": now,
            "ipAddress": "", "userAgent": "",
        })
    );
    assert_eq!(body["user"]["email"], "ann@example.com");
    assert_eq!(cookies_of(&answer), [""; 0]);
}

#[tokio::test]
async fn nobody_may_keep_a_copy_of_the_answer() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server).get("/get-session").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
}

#[tokio::test]
async fn whoever_is_not_signed_in_gets_null() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server).get("/get-session").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "null"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_cookie_with_a_wrong_signature_is_left_alone() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let value = browser
        .cookies
        .get_mut("better-auth.session_token")
        .unwrap();
    *value = format!("x{}", &value[1..]);
    let answer = browser.get("/get-session").await;
    assert_eq!(
        (answer.body.as_str(), cookies_of(&answer).len()),
        ("null", 0)
    );
}

#[tokio::test]
async fn the_cookies_of_an_unknown_session_are_removed() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.database.execute("DELETE FROM session").await;
    let answer = browser.get("/get-session").await;
    assert_eq!(
        (answer.body.as_str(), cookies_of(&answer)),
        ("null", ENDED.map(String::from).to_vec())
    );
}

#[tokio::test]
async fn an_expired_session_is_deleted_and_its_cookies_are_removed() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(7) + Duration::MILLISECOND);
    let answer = browser.get("/get-session").await;
    assert_eq!(
        (answer.body.as_str(), cookies_of(&answer)),
        ("null", ENDED.map(String::from).to_vec())
    );
    assert_eq!(
        server.database.value("SELECT count(*) FROM session").await,
        "0"
    );
}

#[tokio::test]
async fn a_session_is_extended_a_day_after_it_began() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::DAY - Duration::MILLISECOND);
    assert_eq!(cookies_of(&browser.get("/get-session").await), [""; 0]);
    server.clock.step(Duration::MILLISECOND);
    let answer = browser.get("/get-session").await;
    let session = &json_of(&answer)["session"];
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    assert_eq!(session["expiresAt"], "2026-01-10T03:04:05.678Z");
    assert_eq!(session["updatedAt"], "2026-01-03T03:04:05.678Z");
    assert_eq!(session["createdAt"], "2026-01-02T03:04:05.678Z");
    assert_eq!(
        json_of(&browser.get("/get-session").await)["session"],
        *session
    );
}

#[tokio::test]
async fn of_many_requests_at_once_one_extends_the_session_and_all_succeed() {
    let server = TestServer::start().await;
    let browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(2));
    let requests = (0..20).map(|_| {
        let mut browser = browser.clone();
        tokio::spawn(async move { browser.get("/get-session").await })
    });
    for request in requests.collect::<Vec<_>>() {
        let answer = request.await.unwrap();
        assert_eq!(
            json_of(&answer)["session"]["expiresAt"],
            "2026-01-11T03:04:05.678Z"
        );
    }
}

#[tokio::test]
async fn every_endpoint_that_reads_the_session_extends_it() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(2));
    let answer = browser.post("/update-user", &json!({"name": "Ann"})).await;
    assert_eq!(
        cookies_of(&answer),
        ["session_token 604800", "session_token 604800"]
    );
}

#[tokio::test]
async fn a_refused_request_keeps_the_cookie_of_the_extension() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(2));
    let answer = browser.get("/list-sessions").await;
    assert_eq!(error_of(&answer), "403 SESSION_NOT_FRESH");
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
}

#[tokio::test]
async fn a_session_is_not_extended_when_the_request_or_the_settings_ask_for_that() {
    for (yaml, query) in [
        ("{}", "?disableRefresh=true"),
        ("{}", "?disableRefresh=false"),
        ("session: {disableSessionRefresh: true}", ""),
    ] {
        let server = server(yaml).await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        server.clock.step(Duration::days(2));
        let answer = browser.get(&format!("/get-session{query}")).await;
        assert_eq!(
            json_of(&answer)["session"]["expiresAt"],
            "2026-01-09T03:04:05.678Z"
        );
        assert_eq!(cookies_of(&answer), [""; 0]);
    }
}

#[tokio::test]
async fn a_session_that_is_not_remembered_is_not_extended() {
    let server = server("session: {updateAge: 0}").await;
    let mut browser = Browser::new(&server);
    let mut body = sign_up("ann");
    body["rememberMe"] = json!(false);
    browser.post("/sign-up/email", &body).await;
    let answer = browser.get("/get-session").await;
    assert_eq!(
        json_of(&answer)["session"]["expiresAt"],
        "2026-01-03T03:04:05.678Z"
    );
    assert_eq!(cookies_of(&answer), [""; 0]);
}

#[tokio::test]
async fn copies_of_the_session_that_another_server_left_are_removed() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for piece in ["session_data", "session_data.0"] {
        browser
            .cookies
            .insert(format!("better-auth.{piece}"), "stale".to_owned());
    }
    let answer = browser.get("/get-session").await;
    assert_ne!(json_of(&answer), Value::Null);
    assert_eq!(cookies_of(&answer), ["session_data 0", "session_data.0 0"]);
}

#[tokio::test]
async fn a_post_is_refused_after_its_origin_was_checked() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let answer = browser.send("POST", "/get-session", &[], "").await;
    assert_eq!(error_of(&answer), "403 MISSING_OR_NULL_ORIGIN");
    let answer = browser.post("/get-session", &json!({})).await;
    assert_eq!(
        error_of(&answer),
        "405 METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
