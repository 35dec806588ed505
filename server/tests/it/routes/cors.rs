use super::browser::{Browser, ORIGIN, server};
use crate::support::{
    TestServer,
    http::{Answer, request, send},
};

const SETTINGS: &str = "trustedOrigins: [https://app.example, 'https://*.shop.example']";
const APP: &str = "https://app.example";

async fn ask(server: &TestServer, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    Browser::new(server).send(method, path, headers, "").await
}

/// What a page learns of its permission: origin, credentials, exposed headers, and what caches are told.
fn permission(answer: &Answer) -> [Option<&str>; 4] {
    [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "vary",
    ]
    .map(|name| answer.header(name))
}

fn permitted(origin: &str) -> [Option<&str>; 4] {
    let exposed = "set-auth-token, set-auth-jwt, x-retry-after, x-request-id";
    [Some(origin), Some("true"), Some(exposed), Some("Origin")]
}

#[tokio::test]
async fn a_page_of_a_trusted_origin_may_read_every_answer() {
    let server = server(&format!("{SETTINGS}\nrateLimit: {{max: 1}}")).await;
    let from = |address| [("origin", APP), ("x-forwarded-for", address)];
    for (method, path, address, status) in [
        ("GET", "/ok", "192.0.2.1", 200),
        ("GET", "/ok", "192.0.2.1", 429),
        ("GET", "/list-sessions", "192.0.2.1", 401),
        ("GET", "/nowhere", "192.0.2.1", 404),
        ("POST", "/sign-in/email", "192.0.2.1", 400),
    ] {
        let answer = ask(&server, method, path, &from(address)).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(permission(&answer), permitted(APP), "{path} {status}");
    }
}

#[tokio::test]
async fn a_page_may_read_that_its_request_was_too_large() {
    let server = server(SETTINGS).await;
    let body = " ".repeat(1024 * 1024 + 1);
    let headers = format!("origin: {APP}\r\ncontent-type: application/json\r\n");
    let answer = send(
        server.api(),
        &request("POST", "/api/sign-in/email", &headers, &body),
    )
    .await
    .unwrap();
    assert_eq!((answer.status, permission(&answer)), (413, permitted(APP)));
}

#[tokio::test]
async fn the_origin_that_matches_a_pattern_is_named_not_the_pattern() {
    let server = server(SETTINGS).await;
    let origin = "https://a.b.shop.example";
    let answer = ask(&server, "GET", "/ok", &[("origin", origin)]).await;
    assert_eq!(permission(&answer), permitted(origin));
}

#[tokio::test]
async fn other_pages_and_the_own_ones_get_nothing() {
    let server = server(SETTINGS).await;
    let asks = ("access-control-request-method", "POST");
    for origin in [
        ORIGIN,
        "https://evil.example",
        "https://shop.example",
        "null",
        "http://app.example",
    ] {
        let answer = ask(&server, "GET", "/ok", &[("origin", origin)]).await;
        assert_eq!(permission(&answer), [None; 4], "{origin}");
        let preflight = ask(&server, "OPTIONS", "/ok", &[("origin", origin), asks]).await;
        assert_eq!(
            (preflight.status, permission(&preflight)),
            (404, [None; 4]),
            "{origin}"
        );
    }
    assert_eq!(
        permission(&ask(&server, "GET", "/ok", &[]).await),
        [None; 4]
    );
}

#[tokio::test]
async fn a_preflight_is_answered_for_what_is_there() {
    let server = server(SETTINGS).await;
    let asks = [
        ("origin", APP),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-mine"),
    ];
    let answer = ask(&server, "OPTIONS", "/sign-in/email", &asks).await;
    assert_eq!((answer.status, permission(&answer)), (204, permitted(APP)));
    for (name, value) in [
        ("access-control-allow-methods", "POST"),
        (
            "access-control-allow-headers",
            "authorization, content-type, x-mine",
        ),
        ("access-control-max-age", "7200"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(ask(&server, "OPTIONS", "/nowhere", &asks).await.status, 404);
    assert_eq!(
        ask(&server, "OPTIONS", "/sign-in/email", &asks[..1])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_preflight_does_not_count_as_a_request() {
    let server = server(&format!("{SETTINGS}\nrateLimit: {{max: 1}}")).await;
    let asks = [
        ("origin", APP),
        ("access-control-request-method", "GET"),
        ("x-forwarded-for", "192.0.2.1"),
    ];
    for _ in 0..3 {
        assert_eq!(ask(&server, "OPTIONS", "/ok", &asks).await.status, 204);
    }
    assert_eq!(ask(&server, "GET", "/ok", &asks).await.status, 200);
}

#[tokio::test]
async fn settings_switch_it_off_and_say_how_long_it_holds() {
    let asks = [("origin", APP), ("access-control-request-method", "GET")];
    let off = server(&format!("{SETTINGS}\ncors: {{enabled: false}}")).await;
    assert_eq!(ask(&off, "OPTIONS", "/ok", &asks).await.status, 404);
    assert_eq!(permission(&ask(&off, "GET", "/ok", &asks).await), [None; 4]);
    let short = server(&format!("{SETTINGS}\ncors: {{maxAge: 5}}")).await;
    let answer = ask(&short, "OPTIONS", "/ok", &asks).await;
    assert_eq!(answer.header("access-control-max-age"), Some("5"));
}
