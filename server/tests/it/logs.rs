//! What the logs say, and what they must not say.

use serde_json::Value;

use crate::support::{Process, SECRET, TestDatabase, eventually, http};

const PASSWORD: &str = "correct-horse-battery-staple";

fn credentials(path: &str) -> Vec<u8> {
    let body = format!(r#"{{"name":"Ann","email":"ann@shop.example","password":"{PASSWORD}"}}"#);
    http::post(path, &body)
}

#[tokio::test]
async fn a_request_is_logged_with_the_identity_that_its_answer_carries() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[]).await;
    let answer = http::send(process.api(), &credentials("/api/sign-up/email"))
        .await
        .unwrap();
    eventually("the request is logged", async || {
        process.logged("request").is_some()
    })
    .await;
    let line = process.logged("request").unwrap();
    assert_eq!(line["span"]["id"], answer.header("x-request-id").unwrap());
    assert_eq!(
        (&line["route"], &line["status"]),
        (&Value::from("/sign-up/email"), &Value::from(200))
    );
    assert!(line["milliseconds"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn an_identity_given_by_a_proxy_is_kept() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[]).await;
    let request = http::request("GET", "/api/ok", "x-request-id: from-the-proxy\r\n", "");
    let answer = http::send(process.api(), &request).await.unwrap();
    assert_eq!(answer.header("x-request-id"), Some("from-the-proxy"));
}

#[tokio::test]
async fn an_answer_500_is_logged_with_its_reason() {
    let database = TestDatabase::empty().await;
    let process = Process::serve(&database, &[]).await;
    let answer = http::send(process.api(), &credentials("/api/sign-in/email"))
        .await
        .unwrap();
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("relation"), "{answer:?}");
    let id = answer.header("x-request-id").unwrap();
    eventually("the reason is logged", async || {
        let mut errors = process
            .log()
            .into_iter()
            .filter(|line| line["level"] == "ERROR");
        errors.any(|line| line["span"]["id"] == id && line.to_string().contains("does not exist"))
    })
    .await;
}

#[tokio::test]
async fn no_secret_is_in_any_line_even_when_everything_is_logged() {
    let database = TestDatabase::migrated().await;
    let role = database.role("database-pass-word").await;
    let url = database.url_of(&role, "database-pass-word");
    let process = Process::serve_with(&[("DATABASE_URL", &url), ("LOG_LEVEL", "trace")]).await;
    let answer = http::send(process.api(), &credentials("/api/sign-up/email"))
        .await
        .unwrap();
    let cookie = answer
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let token = cookie.split('=').nth(1).unwrap();
    let headers = format!("cookie: {cookie}\r\n");
    let path = format!("/api/get-session?token={token}");
    http::send(process.api(), &http::request("GET", &path, &headers, ""))
        .await
        .unwrap();
    http::get(
        process.api(),
        &format!("/api/reset-password/{token}?q={token}"),
    )
    .await
    .unwrap();
    process.terminate().await;
    let output = process.exit().await.output();
    let session_token = token.split('.').next().unwrap();
    for secret in [
        PASSWORD,
        SECRET,
        "database-pass-word",
        token,
        session_token,
        "ann@shop.example",
    ] {
        let line = output.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    assert!(output.contains("serving"));
}
