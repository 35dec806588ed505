use serde_json::json;

use super::browser::{Browser, ORIGIN, error_of, server, sign_in};
use crate::support::TestServer;

#[tokio::test]
async fn a_request_with_cookies_must_come_from_a_trusted_origin() {
    let server = server("trustedOrigins: ['https://*.app.example']").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for (headers, expected) in [
        (&[][..], "403 MISSING_OR_NULL_ORIGIN"),
        (&[("origin", "https://evil.example")], "403 INVALID_ORIGIN"),
        (&[("origin", "https://app.example")], "403 INVALID_ORIGIN"),
        (&[("origin", "https://x.app.example")], "200 "),
        (&[("referer", "https://x.app.example/page")], "200 "),
        (&[("origin", ORIGIN)], "200 "),
    ] {
        let answer = browser
            .send("POST", "/revoke-other-sessions", headers, "")
            .await;
        assert_eq!(error_of(&answer), expected, "{headers:?}");
    }
}

#[tokio::test]
async fn a_request_without_cookies_needs_no_origin() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server)
        .send("POST", "/sign-out", &[], "")
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_sign_its_visitor_in() {
    let server = TestServer::start().await;
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    let body = "email=eve%40example.com&password=x";
    let answer = Browser::new(&server)
        .send("POST", "/sign-in/email", &headers, body)
        .await;
    assert_eq!(error_of(&answer), "403 CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
}

#[tokio::test]
async fn a_form_is_checked_after_its_fields() {
    let server = TestServer::start().await;
    let headers = [
        ("content-type", "application/json"),
        ("origin", "https://evil.example"),
    ];
    for (body, expected) in [
        (json!({}), "400 VALIDATION_ERROR"),
        (sign_in("ann"), "403 INVALID_ORIGIN"),
    ] {
        let body = body.to_string();
        let answer = Browser::new(&server)
            .send("POST", "/sign-in/email", &headers, &body)
            .await;
        assert_eq!(error_of(&answer), expected);
    }
}

#[tokio::test]
async fn the_checks_are_switched_off_by_the_settings() {
    let evil = [
        ("content-type", "application/json"),
        ("origin", "https://evil.example"),
    ];
    let redirect = r#"{"callbackURL":"https://evil.example"}"#;
    for (advanced, origin, callback) in [
        ("disableCSRFCheck: true", "200 ", "403 INVALID_CALLBACK_URL"),
        ("disableOriginCheck: true", "200 ", "200 "),
        (
            "disableOriginCheck: true, disableCSRFCheck: false",
            "200 ",
            "200 ",
        ),
        (
            "disableOriginCheck: false",
            "403 INVALID_ORIGIN",
            "403 INVALID_ORIGIN",
        ),
    ] {
        let server = server(&format!("advanced: {{{advanced}}}")).await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        let answer = browser
            .send("POST", "/revoke-other-sessions", &evil, "{}")
            .await;
        assert_eq!(error_of(&answer), origin, "{advanced}");
        let answer = browser
            .send("POST", "/revoke-other-sessions", &evil, redirect)
            .await;
        assert_eq!(error_of(&answer), callback, "{advanced}");
    }
}
