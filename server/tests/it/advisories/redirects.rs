//! Redirects and callback URLs: what leads elsewhere is refused before anything happens.

use serde_json::{Value, json};

use crate::{
    routes::browser::{Browser, ORIGIN, error_of, server, sign_in, sign_up},
    support::TestServer,
};

/// The fields that hold a URL to lead to, with the code of the refusal.
const FIELDS: [(&str, &str); 4] = [
    ("callbackURL", "INVALID_CALLBACK_URL"),
    ("redirectTo", "INVALID_REDIRECT_URL"),
    ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"),
    ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"),
];

async fn assert_refused(server: &TestServer, urls: &[&str]) {
    for url in urls {
        for (field, code) in FIELDS {
            let mut body: Value = sign_in("ann");
            body[field] = json!(url);
            let answer = Browser::new(server).post("/sign-in/email", &body).await;
            assert_eq!(error_of(&answer), format!("403 {code}"), "{field} {url:?}");
            assert_eq!(answer.header("location"), None, "{field} {url:?}");
            assert_eq!(answer.header("set-cookie"), None, "{field} {url:?}");
        }
    }
}

#[tokio::test]
async fn ghsa_hjpm_7mrm_26w8_a_url_without_a_scheme_leads_nowhere_else() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let urls = [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%5cevil.example",
        "/%5Cevil.example",
        "/%2fevil.example",
        "/%2Fevil.example",
        "http:evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "\t//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a\\b",
        "ok",
    ];
    assert_refused(&server, &urls).await;
}

#[tokio::test]
async fn ghsa_vp58_j275_797x_a_trusted_origin_is_matched_whole() {
    let server = server("trustedOrigins: [https://good.example, 'https://*.good.example']").await;
    Browser::signed_up(&server, "ann").await;
    let urls = [
        "https://good.example.evil.example",
        "https://evil.example/good.example",
        "https://evil.example?https://good.example",
        "https://evil.example/?x=.good.example",
        "https://evil.example#.good.example",
        "https://good.example@evil.example",
        "https://a.good.example@evil.example/",
        "https://evilgood.example",
        "https://good.example:444",
        "http://good.example",
        "http://localhost:8100.evil.example",
    ];
    assert_refused(&server, &urls).await;
    for url in [
        "https://a.good.example/x",
        "https://good.example/x",
        "/x",
        ORIGIN,
    ] {
        let mut body = sign_in("ann");
        body["callbackURL"] = json!(url);
        let answer = Browser::new(&server).post("/sign-in/email", &body).await;
        assert_eq!((answer.status, answer.header("location")), (200, Some(url)));
    }
}

#[tokio::test]
async fn ghsa_36rg_gfq2_3h56_every_endpoint_that_takes_a_callback_checks_it() {
    let server = TestServer::start().await;
    let mut body = sign_up("ann");
    body["callbackURL"] = json!("https://evil.example");
    let answer = Browser::new(&server).post("/sign-up/email", &body).await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
    let users = server.database.value(r#"SELECT count(*) FROM "user""#);
    assert_eq!(users.await, "0");
    let path = "/sign-in/email?callbackURL=https://evil.example";
    let answer = Browser::new(&server).post(path, &sign_in("ann")).await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
}
