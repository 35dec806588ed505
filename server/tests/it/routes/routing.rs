use serde_json::json;

use super::browser::{Browser, error_of, json_of, server, sign_up};
use crate::support::{
    TestServer,
    http::{request, send},
};

#[tokio::test]
async fn the_api_answers_below_its_mount() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server).get("/ok").await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"ok":true}"#)
    );
    assert!(answer.header("x-request-id").is_some());
}

#[tokio::test]
async fn what_is_not_found_has_neither_body_nor_type() {
    let server = TestServer::start().await;
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/api/"),
        ("GET", "/ok"),
        ("GET", "/api/nowhere"),
        ("GET", "/api/ok/"),
        ("GET", "/api//ok"),
        ("GET", "//api/ok"),
        ("GET", "/api/%6fk"),
        ("GET", "/api/OK"),
        ("GET", "/api/sign-in/email"),
        ("POST", "/api/ok"),
        ("PUT", "/api/sign-in/email"),
        ("OPTIONS", "/api/sign-in/email"),
        ("OPTIONS", "*"),
        ("TRACE", "/api/ok"),
        ("CONNECT", "localhost:8100"),
    ] {
        let answer = send(server.api(), &request(method, path, "", ""))
            .await
            .unwrap();
        let found = (
            answer.status,
            answer.body.as_str(),
            answer.header("content-type"),
        );
        assert_eq!(found, (404, "", None), "{method} {path}");
    }
}

#[tokio::test]
async fn dot_segments_and_absolute_targets_are_understood() {
    let server = TestServer::start().await;
    for target in [
        "/api/./ok",
        "/api/x/../ok",
        "/x/../api/%2e/ok?a=b",
        "http://localhost:8100/api/ok",
    ] {
        let answer = send(server.api(), &request("GET", target, "", ""))
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{target}");
    }
}

#[tokio::test]
async fn disabled_paths_are_not_found_whatever_the_request() {
    let server = server("disabledPaths: [/sign-up/email]").await;
    let mut browser = Browser::new(&server);
    let answers = [
        browser.post("/sign-up/email", &sign_up("ann")).await,
        browser.get("/sign-up/email/").await,
    ];
    for answer in answers {
        let found = (
            answer.status,
            answer.body.as_str(),
            answer.header("content-type"),
        );
        assert_eq!(found, (404, "Not Found", Some("text/plain;charset=UTF-8")));
    }
}

#[tokio::test]
async fn a_trailing_slash_is_skipped_on_request() {
    let server = server("advanced: {skipTrailingSlashes: true}").await;
    assert_eq!(Browser::new(&server).get("/ok/").await.status, 200);
}

#[tokio::test]
async fn a_request_is_checked_in_the_order_of_better_auth() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser
        .cookies
        .insert("any".to_owned(), "cookie".to_owned());
    let json = ("content-type", "application/json");
    let evil = ("origin", "https://evil.example");
    let own = ("origin", super::browser::ORIGIN);
    for (path, headers, body, expected) in [
        (
            "/revoke-session",
            vec![("content-type", "text/plain"), evil],
            "x",
            "415 UNSUPPORTED_MEDIA_TYPE",
        ),
        ("/revoke-session", vec![json, evil], "{", "400 BAD_REQUEST"),
        (
            "/revoke-session",
            vec![json, evil],
            "[]",
            "403 INVALID_ORIGIN",
        ),
        (
            "/revoke-session",
            vec![json, own],
            "[]",
            "400 VALIDATION_ERROR",
        ),
        (
            "/revoke-session",
            vec![json, own],
            r#"{"token":"x"}"#,
            "401 UNAUTHORIZED",
        ),
    ] {
        let answer = browser.send("POST", path, &headers, body).await;
        assert_eq!(error_of(&answer), expected, "{body}");
    }
}

#[tokio::test]
async fn a_body_without_a_content_type_counts_as_none() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server)
        .send("POST", "/sign-in/email", &[], "{}")
        .await;
    assert_eq!(
        json_of(&answer)["message"],
        "[body] Invalid input: expected object, received undefined"
    );
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_with_the_types_of_the_route() {
    let server = TestServer::start().await;
    let headers = [("content-type", "Text/Plain")];
    let answer = Browser::new(&server)
        .send("POST", "/sign-in/email", &headers, "{}")
        .await;
    assert_eq!(
        json_of(&answer),
        json!({
            "message": "Content-Type \"Text/Plain\" is not allowed. \
                        Allowed types: application/x-www-form-urlencoded, application/json",
            "code": "UNSUPPORTED_MEDIA_TYPE",
        })
    );
}

#[tokio::test]
async fn a_database_that_is_gone_is_a_failure_that_says_nothing() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.database.execute("DROP TABLE session CASCADE").await;
    let answer = browser.get("/get-session").await;
    assert_eq!(
        (answer.status, json_of(&answer)),
        (
            500,
            json!({"message": "Failed to get session", "code": "FAILED_TO_GET_SESSION"})
        )
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = browser.get("/list-sessions").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
}
