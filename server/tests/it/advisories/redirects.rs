//! Redirects and callback URLs: what leads elsewhere is refused before anything happens.

use serde_json::{Value, json};

use crate::{
    routes::{
        browser::{Browser, ORIGIN, email, error_of, server, sign_in, sign_up},
        mails,
    },
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

/// What begins like a path passed for one, though browsers read a host.
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

/// Trusted origins were matched by their beginning: a link with a token led to whoever had such a host.
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

/// Endpoints that take a URL to lead to, by method, path and the field that holds it.
const ENDPOINTS: [(&str, &str, &str); 16] = [
    ("POST", "/change-email", "callbackURL"),
    ("POST", "/delete-user", "callbackURL"),
    ("GET", "/delete-user/callback?token=x", "callbackURL"),
    ("POST", "/link-social", "callbackURL"),
    ("POST", "/link-social", "errorCallbackURL"),
    ("POST", "/request-password-reset", "redirectTo"),
    ("GET", "/reset-password/x?y=z", "callbackURL"),
    ("POST", "/send-verification-email", "callbackURL"),
    ("POST", "/sign-in/email", "callbackURL"),
    ("POST", "/sign-in/social", "callbackURL"),
    ("POST", "/sign-in/social", "errorCallbackURL"),
    ("POST", "/sign-in/social", "newUserCallbackURL"),
    ("POST", "/sign-out", "callbackURL"),
    ("POST", "/sign-up/email", "callbackURL"),
    ("POST", "/update-user", "callbackURL"),
    ("GET", "/verify-email?token=x", "callbackURL"),
];

/// Some endpoints redirected to whatever they were given.
#[tokio::test]
async fn ghsa_36rg_gfq2_3h56_every_endpoint_that_takes_a_callback_checks_it() {
    let server = TestServer::start().await;
    for (method, path, field) in ENDPOINTS {
        let (_, code) = FIELDS.iter().find(|(known, _)| *known == field).unwrap();
        let mut browser = Browser::new(&server);
        let answer = if method == "GET" {
            browser
                .get(&format!("{path}&{field}=https://evil.example"))
                .await
        } else {
            let mut body = sign_up("ann");
            body["provider"] = json!("github");
            body[field] = json!("https://evil.example");
            browser.post(path, &body).await
        };
        assert_eq!(error_of(&answer), format!("403 {code}"), "{path} {field}");
        assert_eq!(answer.header("location"), None, "{path} {field}");
    }
    let path = "/sign-in/email?callbackURL=https://evil.example";
    let answer = Browser::new(&server).post(path, &sign_in("ann")).await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
    let users = server.database.value(r#"SELECT count(*) FROM "user""#);
    assert_eq!(users.await, "0");
}

/// Only `POST` was checked: a link with a good token and a bad callback verified the address and led away.
#[tokio::test]
async fn ghsa_8jhw_6pjj_8723_a_link_of_a_mail_leads_nowhere_else() {
    let server = mails::server("").await;
    Browser::signed_up(&server, "ann").await;
    let body = json!({"email": email("ann")});
    let mut browser = Browser::new(&server);
    browser.post("/send-verification-email", &body).await;
    let link = mails::last(&server).await;
    let path = format!("{}&callbackURL=https://evil.example", link.bare_path());
    let answer = browser.get(&path).await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
    assert_eq!(answer.header("location"), None);
    let verified = r#"SELECT "emailVerified"::text FROM "user""#;
    assert_eq!(server.database.value(verified).await, "false");
}

/// The error is appended to the URL that was checked, and what came of `/..//host` was another site.
#[tokio::test]
async fn no_error_turns_a_path_into_another_site() {
    let server = TestServer::start().await;
    for url in [
        "/..//evil.example",
        "/.//evil.example",
        "/a/..//evil.example",
    ] {
        let path = format!("/verify-email?token=x&callbackURL={url}");
        let answer = Browser::new(&server).get(&path).await;
        let location = answer.header("location").unwrap();
        assert!(location.starts_with("/.//evil.example"), "{location}");
    }
}

/// A client that reads URLs by RFC 3986 takes what precedes `@` for a user where browsers end the host at `\`.
#[tokio::test]
async fn no_client_reads_another_host_out_of_a_location() {
    let server = server("trustedOrigins: [https://good.example]").await;
    Browser::signed_up(&server, "ann").await;
    let mut body = sign_in("ann");
    body["callbackURL"] = json!("https://good.example\\@evil.example");
    let answer = Browser::new(&server).post("/sign-in/email", &body).await;
    let location = answer.header("location");
    assert_eq!(location, Some("https://good.example/@evil.example"));
}
