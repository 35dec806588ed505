use std::sync::Arc;

use serde_json::{Value, json};

use super::browser::{
    Browser, PASSWORD, cookies_of, email, error_of, json_of, server, server_migrated_for, sign_in,
};
use crate::support::{TestServer, eventually, http};

/// A hash that better-auth 1.7.25 made of `password123`.
const SCRYPT: &str = "4fd51a04136afc90f5957db1a8ad0ace:381592f45151e9cccce0f107ec014a6ae9f1786e8d675ecef2e7e073be62b79b674e505891fe0a6994e622b3e305e8bde97d883d56092d6c7de35328492e14a5";

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let answer = Browser::new(&server)
        .post("/sign-in/email", &sign_in("ann"))
        .await;
    let body = json_of(&answer);
    assert_eq!(
        (
            answer.status,
            &body["redirect"],
            &body["user"]["email"],
            body.get("url")
        ),
        (200, &json!(false), &json!("ann@example.com"), None)
    );
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
    let known = format!(
        "SELECT count(*) FROM session WHERE token = '{}'",
        body["token"].as_str().unwrap()
    );
    assert_eq!(server.database.value(&known).await, "1");
}

#[tokio::test]
async fn the_address_is_found_in_any_case() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let body = json!({"email": "ANN@Example.COM", "password": PASSWORD});
    assert_eq!(
        Browser::new(&server)
            .post("/sign-in/email", &body)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn whatever_is_wrong_with_the_credentials_the_answer_is_the_same() {
    let server = TestServer::start().await;
    for name in ["ann", "bob", "eve"] {
        Browser::signed_up(&server, name).await;
    }
    server
        .database
        .execute(
            r#"UPDATE account SET password = NULL FROM "user" u WHERE u.id = "userId" AND u.name = 'bob';
               DELETE FROM account USING "user" u WHERE u.id = "userId" AND u.name = 'eve'"#,
        )
        .await;
    for (name, password) in [
        ("ann", "wrong horse"),
        ("bob", PASSWORD),
        ("eve", PASSWORD),
        ("nobody", PASSWORD),
    ] {
        let body = json!({"email": email(name), "password": password});
        let answer = Browser::new(&server).post("/sign-in/email", &body).await;
        assert_eq!(
            (answer.status, json_of(&answer), cookies_of(&answer).len()),
            (
                401,
                json!({"message": "Invalid email or password", "code": "INVALID_EMAIL_OR_PASSWORD"}),
                0
            )
        );
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let server = TestServer::start().await;
    for (body, expected) in [
        (
            json!({"email": "nonsense", "password": "x"}),
            "400 INVALID_EMAIL",
        ),
        (
            json!({"email": email("ann"), "password": "x".repeat(129)}),
            "400 PASSWORD_TOO_LONG",
        ),
        (
            json!({"email": email("ann"), "password": ""}),
            "401 INVALID_EMAIL_OR_PASSWORD",
        ),
        (json!({"email": email("ann")}), "400 VALIDATION_ERROR"),
    ] {
        let answer = Browser::new(&server).post("/sign-in/email", &body).await;
        assert_eq!(error_of(&answer), expected, "{body}");
    }
}

#[tokio::test]
async fn a_callback_url_is_named_in_body_and_header() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let mut body = sign_in("ann");
    body["callbackURL"] = json!("/welcome?a=b");
    let answer = Browser::new(&server).post("/sign-in/email", &body).await;
    let read = json_of(&answer);
    assert_eq!(
        (answer.status, answer.header("location")),
        (200, Some("/welcome?a=b"))
    );
    assert_eq!(
        (&read["redirect"], &read["url"]),
        (&json!(true), &json!("/welcome?a=b"))
    );
}

#[tokio::test]
async fn an_empty_callback_url_is_none() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let mut body = sign_in("ann");
    body["callbackURL"] = json!("");
    let answer = Browser::new(&server).post("/sign-in/email", &body).await;
    let read = json_of(&answer);
    assert_eq!(
        (&read["redirect"], &read["url"], answer.header("location")),
        (&json!(false), &json!(""), None)
    );
}

#[tokio::test]
async fn a_callback_url_elsewhere_is_refused() {
    let server = TestServer::start().await;
    let mut body = sign_in("ann");
    body["callbackURL"] = json!("https://evil.example");
    let answer = Browser::new(&server).post("/sign-in/email", &body).await;
    assert_eq!(error_of(&answer), "403 INVALID_CALLBACK_URL");
}

#[tokio::test]
async fn a_session_that_is_not_remembered_says_so_in_a_cookie_until_one_is() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let mut body = sign_in("ann");
    body["rememberMe"] = json!(false);
    let answer = browser.post("/sign-in/email", &body).await;
    assert_eq!(cookies_of(&answer), ["session_token", "dont_remember"]);
    let answer = browser.post("/sign-in/email", &sign_in("ann")).await;
    assert_eq!(
        cookies_of(&answer),
        ["session_token 604800", "dont_remember 0"]
    );
}

async fn stored_hash(server: &TestServer) -> String {
    server.database.value("SELECT password FROM account").await
}

#[tokio::test]
async fn a_hash_of_better_auth_verifies_and_is_replaced() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    server
        .database
        .execute(&format!("UPDATE account SET password = '{SCRYPT}'"))
        .await;
    let wrong = json!({"email": email("ann"), "password": "wrong horse"});
    assert_eq!(
        Browser::new(&server)
            .post("/sign-in/email", &wrong)
            .await
            .status,
        401
    );
    assert_eq!(stored_hash(&server).await, SCRYPT);
    let body = json!({"email": email("ann"), "password": "password123"});
    for _ in 0..2 {
        assert_eq!(
            Browser::new(&server)
                .post("/sign-in/email", &body)
                .await
                .status,
            200
        );
        assert!(stored_hash(&server).await.starts_with("$argon2id$"));
    }
}

/// The hashes that a sign-in takes: of argon2 and of scrypt.
async fn hashes_of(server: &TestServer, name: &str, expected: u16) -> [u64; 2] {
    let before = computed(server).await;
    let body = json!({"email": email(name), "password": "wrong horse"});
    let answer = Browser::new(server).post("/sign-in/email", &body).await;
    assert_eq!(answer.status, expected, "{name}");
    let after = computed(server).await;
    [after[0] - before[0], after[1] - before[1]]
}

/// The hashes that were computed: of argon2 and of scrypt.
async fn computed(server: &TestServer) -> [u64; 2] {
    let metrics = http::get(server.admin(), "/metrics").await.unwrap().body;
    ["argon2", "scrypt"].map(|algorithm| {
        let name =
            format!(r#"auth_server_password_hashes_computed_total{{algorithm="{algorithm}"}} "#);
        let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
        value.map_or(0, |value| value.parse().unwrap())
    })
}

#[tokio::test]
async fn whoever_is_asked_for_a_wrong_password_takes_one_hash_of_each_kind_that_is_stored() {
    let first = TestServer::start().await;
    for name in ["ann", "bob", "eve"] {
        Browser::signed_up(&first, name).await;
    }
    let change = format!(
        r#"UPDATE account SET password = '{SCRYPT}' FROM "user" u WHERE u.id = "userId" AND u.name = 'bob';
           UPDATE account SET password = NULL FROM "user" u WHERE u.id = "userId" AND u.name = 'eve'"#
    );
    first.database.execute(&change).await;
    // One that has met the hash, and one that has found it.
    hashes_of(&first, "bob", 401).await;
    let second = TestServer::on(Arc::clone(&first.database), &[]).await;
    for server in [&first, &second] {
        for name in ["nobody", "ann", "bob", "eve"] {
            assert_eq!(hashes_of(server, name, 401).await, [1, 1], "{name}");
        }
    }
}

#[tokio::test]
async fn where_all_hashes_are_of_one_kind_a_wrong_password_takes_one() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    eventually("the table has been looked at", async || {
        hashes_of(&server, "nobody", 401).await == [1, 0]
    })
    .await;
    assert_eq!(hashes_of(&server, "ann", 401).await, [1, 0]);
}

#[tokio::test]
async fn a_right_password_takes_no_hash_of_another_kind() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let before = computed(&server).await;
    Browser::signed_in(&server, "ann").await;
    let after = computed(&server).await;
    assert_eq!([after[0] - before[0], after[1] - before[1]], [1, 0]);
}

#[tokio::test]
async fn of_4_sign_ins_at_once_that_replace_a_hash_none_fails() {
    for settings in ["{}", "audit: {enabled: true}"] {
        let server = server_migrated_for(settings).await;
        Browser::signed_up(&server, "ann").await;
        let change = format!("UPDATE account SET password = '{SCRYPT}'");
        server.database.execute(&change).await;
        let attempts = (0..4).map(|_| {
            let mut browser = Browser::new(&server);
            let body = json!({"email": email("ann"), "password": "password123"});
            tokio::spawn(async move { browser.post("/sign-in/email", &body).await.status })
        });
        for attempt in attempts.collect::<Vec<_>>() {
            assert_eq!(attempt.await.unwrap(), 200, "{settings}");
        }
    }
}

#[tokio::test]
async fn a_hash_stays_as_it_is_when_the_settings_say_so() {
    let server = server("emailAndPassword: {password: {rehashOnSignIn: false}}").await;
    Browser::signed_up(&server, "ann").await;
    server
        .database
        .execute(&format!("UPDATE account SET password = '{SCRYPT}'"))
        .await;
    let body = json!({"email": email("ann"), "password": "password123"});
    assert_eq!(
        Browser::new(&server)
            .post("/sign-in/email", &body)
            .await
            .status,
        200
    );
    assert_eq!(stored_hash(&server).await, SCRYPT);
}

#[tokio::test]
async fn with_scrypt_hashes_are_made_that_better_auth_reads() {
    let server = server("emailAndPassword: {password: {hash: scrypt}}").await;
    Browser::signed_up(&server, "ann").await;
    let hash = stored_hash(&server).await;
    assert_eq!((hash.len(), hash.find(':')), (161, Some(32)));
    Browser::signed_in(&server, "ann").await;
    assert_eq!(stored_hash(&server).await, hash);
}

#[tokio::test]
async fn sign_in_can_be_switched_off() {
    let server = server("emailAndPassword: {enabled: false}").await;
    let answer = Browser::new(&server)
        .post("/sign-in/email", &sign_in("ann"))
        .await;
    assert_eq!(
        json_of(&answer),
        json!({"message": "Email and password is not enabled", "code": "EMAIL_PASSWORD_DISABLED"})
    );
}

#[tokio::test]
async fn a_hash_of_unknown_format_is_a_failure_that_says_nothing() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    server
        .database
        .execute("UPDATE account SET password = 'nonsense'")
        .await;
    let answer = Browser::new(&server)
        .post("/sign-in/email", &sign_in("ann"))
        .await;
    assert_eq!(
        (
            answer.status,
            answer.body.as_str(),
            answer.header("content-type")
        ),
        (500, "", None)
    );
}

#[tokio::test]
async fn a_storm_of_sign_ins_leaves_the_connections_to_others() {
    let server = TestServer::start().await;
    let mut reader = Browser::signed_up(&server, "ann").await;
    let storm = (0..40).map(|_| {
        let mut browser = Browser::new(&server);
        let body = json!({"email": email("ann"), "password": "wrong horse"});
        tokio::spawn(async move { browser.post("/sign-in/email", &body).await.status })
    });
    let storm: Vec<_> = storm.collect();
    for _ in 0..20 {
        assert_ne!(json_of(&reader.get("/get-session").await), Value::Null);
    }
    for attempt in storm {
        assert_eq!(attempt.await.unwrap(), 401);
    }
    // The harness's pool has four.
    assert!(server.database.backends().await <= 4);
}
