//! Tokens are good for what they were made for, and once.

use futures::future::join_all;
use serde_json::json;

use crate::{
    routes::{
        browser::{Browser, email, error_of},
        mails::{last, server},
        social::location,
    },
    support::TestServer,
};

const SETTINGS: &str = "
user: {deleteUser: {enabled: true, sendDeleteAccountVerification: true}, changeEmail: {enabled: true}}
socialProviders: {github: {clientId: client, clientSecretRef: {name: shop, key: secret}}}";

/// What a token can be handed in for.
const ENDS: [&str; 5] = ["state", "reset", "delete", "delete by link", "verify"];

/// Hands `token` in, in the browser of the user, whom it may belong to. Whether it was taken.
async fn hand_in(browser: &mut Browser, end: &str, token: &str) -> bool {
    let answer = match end {
        "state" => {
            browser
                .get(&format!("/callback/github?state={token}"))
                .await
        }
        "reset" => {
            let body = json!({"newPassword": "another horse", "token": token});
            browser.post("/reset-password", &body).await
        }
        "delete" => browser.post("/delete-user", &json!({"token": token})).await,
        "delete by link" => {
            browser
                .get(&format!("/delete-user/callback?token={token}"))
                .await
        }
        _ => browser.get(&format!("/verify-email?token={token}")).await,
    };
    if end == "state" {
        // Without a code: a state that is known leads to the page of its flow.
        location(&answer).starts_with("/oops")
    } else {
        answer.status < 400
    }
}

/// A token of each kind, with the ends that take it.
async fn tokens(server: &TestServer, browser: &mut Browser) -> Vec<(String, Vec<&'static str>)> {
    let body = json!({"provider": "github", "errorCallbackURL": "/oops", "callbackURL": "/in"});
    browser.post("/sign-in/social", &body).await;
    let sql =
        "SELECT substr(identifier, 12) FROM verification WHERE identifier LIKE 'auth-state:%'";
    let state = server.database.value(sql).await;
    let body = json!({"email": email("ann")});
    browser.post("/request-password-reset", &body).await;
    let reset = last(server).await.token;
    browser.post("/delete-user", &json!({})).await;
    let delete = last(server).await.token;
    browser.post("/send-verification-email", &body).await;
    let verify = last(server).await.token;
    let session = server.database.value("SELECT token FROM session LIMIT 1");
    vec![
        (session.await, vec![]),
        (state, vec!["state"]),
        (reset, vec!["reset"]),
        (verify, vec!["verify"]),
        (delete, vec!["delete", "delete by link"]),
    ]
}

/// All tokens are rows of one table, which were found by the token alone: a state, which anybody gets, opened what a
/// mailed token opens.
#[tokio::test]
async fn ghsa_965c_763c_88jm_a_token_is_good_for_nothing_but_what_it_was_made_for() {
    let server = server(SETTINGS).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let tokens = tokens(&server, &mut browser).await;
    for (token, own) in &tokens {
        for end in ENDS.iter().filter(|end| !own.contains(end)) {
            let prefixes = ["", "auth-state:", "reset-password:", "delete-account-"];
            for prefix in prefixes {
                let forged = format!("{prefix}{token}");
                assert!(
                    !hand_in(&mut browser, end, &forged).await,
                    "{forged}: {end}"
                );
            }
        }
    }
    for (token, own) in &tokens {
        if let Some(end) = own.first() {
            assert!(hand_in(&mut browser, end, token).await, "{token}: {end}");
        }
    }
}

/// Of `count` at once, how many succeed.
async fn at_once(browser: &Browser, end: &'static str, token: &str) -> usize {
    let attempts = (0..20).map(|_| {
        let (mut browser, token) = (browser.clone(), token.to_owned());
        async move { hand_in(&mut browser, end, &token).await }
    });
    let taken = join_all(attempts).await;
    taken.into_iter().filter(|taken| *taken).count()
}

/// Tokens were looked up and removed in two steps: requests at once all succeeded.
#[tokio::test]
async fn pr_9993_of_20_who_use_a_token_at_once_one_succeeds() {
    let server = server(SETTINGS).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for (token, own) in tokens(&server, &mut browser).await {
        // A link that verifies an address may be followed twice; nobody is signed in by it.
        if let Some(end) = own.first().filter(|end| **end != "verify") {
            assert_eq!(at_once(&browser, end, &token).await, 1, "{end}");
        }
    }
}

#[tokio::test]
async fn pr_9993_of_20_who_follow_a_link_that_changes_an_address_at_once_one_succeeds() {
    let server = server(SETTINGS).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let sql = r#"UPDATE "user" SET "emailVerified" = true"#;
    server.database.execute(sql).await;
    let body = json!({"newEmail": email("new")});
    browser.post("/change-email", &body).await;
    let token = last(&server).await.token;
    assert_eq!(at_once(&browser, "verify", &token).await, 1);
}

/// Links in mails were built from the host that the caller named.
#[tokio::test]
async fn pr_9990_a_forged_host_is_in_no_mailed_link() {
    let server = server(SETTINGS).await;
    Browser::signed_up(&server, "ann").await;
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example"),
    ];
    let body = json!({"email": email("ann"), "redirectTo": "/form"}).to_string();
    for path in ["/request-password-reset", "/send-verification-email"] {
        let answer = Browser::new(&server)
            .send("POST", path, &headers, &body)
            .await;
        assert_eq!(answer.status, 200, "{}", error_of(&answer));
        let url = last(&server).await.url;
        assert!(url.starts_with("http://localhost:8100/api/"), "{url}");
    }
}
