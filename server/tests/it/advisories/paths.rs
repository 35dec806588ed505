//! Other spellings of a path reach nothing that the plain one would not.

use crate::{
    routes::browser::{Browser, server, sign_up},
    support::{
        TestServer,
        http::{get, request, send},
    },
};

/// The router left empty segments out: `//sign-up/email` reached a disabled endpoint.
#[tokio::test]
async fn ghsa_x732_6j76_qmhm_no_spelling_of_a_disabled_path_is_open() {
    let server = server("disabledPaths: [/sign-up/email]").await;
    let body = sign_up("ann").to_string();
    for path in [
        "/api/sign-up/email",
        "/api//sign-up/email",
        "/api/sign-up//email",
        "//api/sign-up/email",
        "/api/sign-up/email/",
        "/api/./sign-up/email",
        "/api/x/../sign-up/email",
        "/api/%2e/sign-up/email",
        "/api/%73ign-up/email",
        "/api/sign-up%2femail",
        "/api/SIGN-UP/email",
        "/api/sign-up/email;x",
        "/api\\sign-up\\email",
        "http://localhost:8100/api/sign-up/email",
    ] {
        let headers = "content-type: application/json\r\n";
        let answer = send(server.api(), &request("POST", path, headers, &body)).await;
        assert_eq!(answer.unwrap().status, 404, "{path}");
    }
    let users = server.database.value(r#"SELECT count(*) FROM "user""#);
    assert_eq!(users.await, "0");
}

/// For the same reason each spelling had a rate limit of its own.
#[tokio::test]
async fn ghsa_x732_6j76_qmhm_no_spelling_of_a_path_has_a_count_of_its_own() {
    let server = server("rateLimit: {enabled: true}").await;
    let mut statuses = Vec::new();
    for path in [
        "/sign-in/email",
        "/./sign-in/email",
        "/x/../sign-in/email",
        "/%2e/sign-in/email",
        "/sign-in/email/",
    ] {
        let headers = [("x-forwarded-for", "192.0.2.1")];
        let answer = Browser::new(&server).send("POST", path, &headers, "").await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [400, 400, 400, 429, 429]);
}

/// The first request from outside said where the API is, for all that followed.
#[tokio::test]
async fn ghsa_569q_mpph_wgww_no_request_moves_the_api() {
    let server = TestServer::start().await;
    for path in ["/x/y/api/ok", "/x/y/api/auth/ok", "/auth/ok"] {
        let headers = "x-forwarded-host: evil.example\r\n";
        let first = request("GET", path, headers, "");
        assert_eq!(send(server.api(), &first).await.unwrap().status, 404);
        let answer = get(server.api(), "/api/ok").await.unwrap();
        assert_eq!(answer.status, 200);
    }
}
