//! What answers must not tell, and what requests must not make them say.

use serde_json::Value;

use crate::{
    routes::browser::{Browser, error_of, json_of, server, sign_in, sign_up},
    support::{TestServer, http::get},
};

/// The members of an object, with those of objects in it.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", shape(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::String(text) => format!("text{}", if text.is_empty() { " empty" } else { "" }),
        other => other.to_string(),
    }
}

/// Signing up told whether an address is known.
#[tokio::test]
async fn pr_8091_a_sign_up_that_opens_no_session_looks_the_same_for_a_known_address() {
    let server = server("emailAndPassword: {autoSignIn: false}").await;
    let mut shapes = Vec::new();
    for _ in 0..2 {
        let answer = Browser::new(&server)
            .post("/sign-up/email", &sign_up("ann"))
            .await;
        assert_eq!(answer.header("set-cookie"), None);
        shapes.push((answer.status, shape(&json_of(&answer))));
    }
    assert_eq!(shapes[0], shapes[1]);
    let users = server.database.value(r#"SELECT count(*) FROM "user""#);
    assert_eq!(users.await, "1");
}

/// An unknown user was told apart from a wrong password.
#[tokio::test]
async fn commit_2025_05_05_an_unknown_user_and_a_wrong_password_look_the_same() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let mut wrong = sign_in("ann");
    wrong["password"] = "another password".into();
    let mut answers = Vec::new();
    for body in [wrong, sign_in("nobody")] {
        let answer = Browser::new(&server).post("/sign-in/email", &body).await;
        answers.push((
            answer.status,
            answer.body.clone(),
            answer.header("set-cookie").is_some(),
        ));
    }
    assert_eq!(answers[0], answers[1]);
}

/// The page of errors showed the markup of its caller.
#[tokio::test]
async fn commit_2025_02_06_the_page_of_errors_carries_no_markup_of_its_caller() {
    let server = TestServer::start().await;
    let path = "/api/error?error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cb%3E";
    let answer = get(server.api(), path).await.unwrap();
    let location = answer.header("location").unwrap_or_default();
    assert!(
        !answer.body.contains("<script>") && !answer.body.contains("<b>"),
        "{answer:?}"
    );
    assert!(location.starts_with("/?error=UNKNOWN&"), "{location}");
    assert!(!location.contains('<'), "{location}");
}

/// The host that a caller named got into cookies and redirects.
#[tokio::test]
async fn pr_9990_a_forged_host_changes_neither_cookies_nor_redirects() {
    let server = TestServer::start().await;
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example"),
    ];
    let body = sign_up("ann").to_string();
    let answer = Browser::new(&server)
        .send("POST", "/sign-up/email", &headers, &body)
        .await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        !cookie.contains("evil") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let answer = Browser::new(&server)
        .send("GET", "/error", &headers, "")
        .await;
    assert!(!answer.header("location").unwrap().contains("evil"));
}

/// The copy of a session in a cookie authorised changes after the session had been ended.
#[tokio::test]
async fn pr_9991_a_session_that_was_ended_changes_nothing_even_while_its_copy_is_kept() {
    let server = server("session: {cookieCache: {enabled: true}}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.database.execute("DELETE FROM session").await;
    let body =
        serde_json::json!({"currentPassword": "correct horse", "newPassword": "another horse"});
    let answer = browser.post("/change-password", &body).await;
    assert_eq!(error_of(&answer), "401 UNAUTHORIZED");
}
