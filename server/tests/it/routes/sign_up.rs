use serde_json::{Value, json};

use super::browser::{Browser, PASSWORD, cookies_of, email, error_of, json_of, server, sign_up};
use crate::support::TestServer;

#[tokio::test]
async fn a_new_user_is_answered_and_signed_in() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let answer = browser
        .post(
            "/sign-up/email",
            &json!({"name": "Ann", "email": "Ann@Example.com", "password": PASSWORD}),
        )
        .await;
    let body = json_of(&answer);
    let now = "2026-01-02T03:04:05.678Z";
    assert_eq!(
        body["user"],
        json!({
            "id": body["user"]["id"], "name": "Ann", "email": "ann@example.com", "emailVerified": false,
            "image": null, "createdAt": now, "updatedAt": now,
        })
    );
    assert_eq!(body["user"]["id"].as_str().unwrap().len(), 32);
    assert_eq!(body["token"].as_str().unwrap().len(), 32);
    assert_eq!(cookies_of(&answer), ["session_token 604800"]);
}

#[tokio::test]
async fn the_cookie_has_the_attributes_of_better_auth() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server)
        .post("/sign-up/email", &sign_up("ann"))
        .await;
    let cookie = answer.header("set-cookie").unwrap();
    let token = json_of(&answer)["token"].as_str().unwrap().to_owned();
    assert!(
        cookie.starts_with(&format!("better-auth.session_token={token}.")),
        "{cookie}"
    );
    assert!(
        cookie.ends_with("%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
}

#[tokio::test]
async fn the_rows_are_those_that_better_auth_writes() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let account = server
        .database
        .value(
            r#"SELECT "providerId" || ',' || ("accountId" = "userId") || ',' || (password LIKE '$argon2id$v=19$m=19456,t=2,p=1$%')
               FROM account"#,
        )
        .await;
    assert_eq!(account, "credential,true,true");
    let session = r#"SELECT "ipAddress" || ',' || "userAgent" || ',' || ("expiresAt" - "createdAt") FROM session"#;
    assert_eq!(server.database.value(session).await, ",,7 days");
}

#[tokio::test]
async fn a_session_that_is_not_remembered_ends_with_the_browser() {
    let server = TestServer::start().await;
    let mut body = sign_up("ann");
    body["rememberMe"] = json!(false);
    let answer = Browser::new(&server).post("/sign-up/email", &body).await;
    assert_eq!(cookies_of(&answer), ["session_token", "dont_remember"]);
    let lifetime = r#"SELECT "expiresAt" - "createdAt" FROM session"#;
    assert_eq!(server.database.value(lifetime).await, "1 day");
}

#[tokio::test]
async fn a_form_signs_up_too() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let form = [(
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    )];
    let body = "name=A+B&email=ann%40example.com&password=correct%20horse";
    let answer = browser.send("POST", "/sign-up/email", &form, body).await;
    assert_eq!(json_of(&answer)["user"]["name"], "A B");
    let body = format!("{body}&rememberMe=true");
    let answer = browser.send("POST", "/sign-up/email", &form, &body).await;
    assert_eq!(error_of(&answer), "403 MISSING_OR_NULL_ORIGIN");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_in_the_order_of_better_auth() {
    let server = TestServer::start().await;
    Browser::signed_up(&server, "ann").await;
    let user =
        |email: &str, password: &str| json!({"name": "", "email": email, "password": password});
    for (body, expected) in [
        (user("nonsense", "short"), "400 VALIDATION_ERROR"),
        (user("ann@example.com", "short"), "400 PASSWORD_TOO_SHORT"),
        (
            user("ann@example.com", &"x".repeat(129)),
            "400 PASSWORD_TOO_LONG",
        ),
        (
            user("ANN@example.com", PASSWORD),
            "422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
        ),
        (user("bob@example.com", "😀😀😀😀"), "200 "),
    ] {
        let answer = Browser::new(&server).post("/sign-up/email", &body).await;
        assert_eq!(error_of(&answer), expected, "{body}");
    }
}

#[tokio::test]
async fn a_message_names_every_field_that_does_not_fit() {
    let server = TestServer::start().await;
    let answer = Browser::new(&server)
        .post("/sign-up/email", &json!({"email": 1, "password": ""}))
        .await;
    assert_eq!(
        json_of(&answer),
        json!({
            "message": "[body.name] Invalid input: expected string, received undefined; \
                        [body.email] Invalid input: expected string, received number; \
                        [body.password] Too small: expected string to have >=1 characters",
            "code": "VALIDATION_ERROR",
        })
    );
}

#[tokio::test]
async fn of_twenty_sign_ups_at_once_with_one_address_one_succeeds() {
    let server = TestServer::start().await;
    let attempts = (0..20).map(|_| {
        let mut browser = Browser::new(&server);
        tokio::spawn(async move { browser.post("/sign-up/email", &sign_up("ann")).await })
    });
    let mut succeeded = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        if answer.status == 200 {
            succeeded += 1;
        } else {
            assert_eq!(answer.status, 422, "{}", answer.body);
        }
    }
    assert_eq!(succeeded, 1);
    let rows = r#"SELECT (SELECT count(*) FROM "user") || ',' || (SELECT count(*) FROM account)"#;
    assert_eq!(server.database.value(rows).await, "1,1");
}

#[tokio::test]
async fn without_automatic_sign_in_no_sign_up_at_once_tells_that_the_address_is_known() {
    let server = server("emailAndPassword: {autoSignIn: false}").await;
    let attempts = (0..8).map(|_| {
        let mut browser = Browser::new(&server);
        tokio::spawn(async move { browser.post("/sign-up/email", &sign_up("ann")).await.status })
    });
    for attempt in attempts.collect::<Vec<_>>() {
        assert_eq!(attempt.await.unwrap(), 200);
    }
    assert_eq!(
        server
            .database
            .value(r#"SELECT count(*) FROM "user""#)
            .await,
        "1"
    );
}

#[tokio::test]
async fn without_automatic_sign_in_a_known_address_looks_like_a_new_one() {
    let server = server("emailAndPassword: {autoSignIn: false}").await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = Browser::new(&server)
            .post("/sign-up/email", &sign_up("ann"))
            .await;
        assert_eq!((answer.status, cookies_of(&answer).len()), (200, 0));
        let mut body = json_of(&answer);
        assert_eq!(body["token"], Value::Null);
        assert_eq!(body["user"]["id"].as_str().unwrap().len(), 32);
        body["user"]["id"] = Value::Null;
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        server
            .database
            .value(r#"SELECT count(*) FROM "user""#)
            .await,
        "1"
    );
    assert_eq!(
        server.database.value("SELECT count(*) FROM session").await,
        "0"
    );
}

#[tokio::test]
async fn sign_up_can_be_switched_off() {
    for yaml in [
        "emailAndPassword: {enabled: false}",
        "emailAndPassword: {disableSignUp: true}",
    ] {
        let server = server(yaml).await;
        let answer = Browser::new(&server)
            .post("/sign-up/email", &sign_up("ann"))
            .await;
        assert_eq!(error_of(&answer), "400 EMAIL_PASSWORD_SIGN_UP_DISABLED");
    }
}

#[tokio::test]
async fn the_limits_of_passwords_are_settings() {
    let server = server("emailAndPassword: {minPasswordLength: 14, maxPasswordLength: 20}").await;
    for (length, expected) in [
        (13, "400 PASSWORD_TOO_SHORT"),
        (14, "200 "),
        (20, "200 "),
        (21, "400 PASSWORD_TOO_LONG"),
    ] {
        let name = format!("user{length}");
        let body = json!({"name": name, "email": email(&name), "password": "x".repeat(length)});
        let answer = Browser::new(&server).post("/sign-up/email", &body).await;
        assert_eq!(error_of(&answer), expected);
    }
}

#[tokio::test]
async fn text_that_postgres_cannot_store_is_refused() {
    let server = TestServer::start().await;
    let body = json!({"name": "a\0b", "email": "ann@example.com", "password": PASSWORD});
    let answer = Browser::new(&server).post("/sign-up/email", &body).await;
    assert_eq!(error_of(&answer), "422 FAILED_TO_CREATE_USER");
}

#[tokio::test]
async fn an_address_that_is_too_long_for_its_index_is_refused() {
    let server = TestServer::start().await;
    // Nothing that could be compressed.
    let mut seed = 1_u32;
    let local: String = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_digit((seed >> 16) % 36, 36).unwrap()
    })
    .take(8_000)
    .collect();
    let body =
        json!({"name": "Ann", "email": format!("{local}@example.com"), "password": PASSWORD});
    let answer = Browser::new(&server).post("/sign-up/email", &body).await;
    assert_eq!(error_of(&answer), "422 FAILED_TO_CREATE_USER");
}
