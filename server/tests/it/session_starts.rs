//! The metric `auth_server_sessions_started`: each way in counts once, and nothing else does. An alert rests on it.

use serde_json::json;
use time::Duration;

use crate::{
    routes::{
        browser::{Browser, email},
        mails::{self, last},
        social::Stage,
    },
    support::{TestServer, http},
};

/// What has been counted, as routes with their numbers.
async fn started(server: &TestServer) -> Vec<String> {
    let metrics = http::get(server.admin(), "/metrics").await.unwrap().body;
    let lines = metrics.lines();
    let counts = lines.filter_map(|line| {
        line.strip_prefix("auth_server_sessions_started_total{route=\"")
            .map(|rest| rest.replace("\"}", ""))
    });
    counts.collect()
}

#[tokio::test]
async fn who_comes_from_a_service_is_counted() {
    let stage = Stage::new("", "").await;
    for count in 1..=2 {
        let mut browser = Browser::new(&stage.server);
        stage.sign_in(&mut browser, &json!({})).await;
        let expected = [format!("/callback/:id {count}")];
        assert_eq!(started(&stage.server).await, expected);
    }
}

#[tokio::test]
async fn who_is_signed_in_by_verifying_an_address_is_counted() {
    let server = mails::server("emailVerification: {autoSignInAfterVerification: true}").await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let body = json!({"email": email("ann"), "callbackURL": "/done"});
    browser.post("/send-verification-email", &body).await;
    let link = last(&server).await.path().to_owned();
    Browser::new(&server).get(&link).await;
    let mut counted = started(&server).await;
    counted.sort();
    assert_eq!(counted, ["/sign-up/email 1", "/verify-email 1"]);
}

#[tokio::test]
async fn a_session_that_is_extended_or_told_anew_is_not_counted() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(2));
    browser.get("/get-session").await;
    browser.post("/update-user", &json!({"name": "Ann"})).await;
    assert_eq!(started(&server).await, ["/sign-up/email 1"]);
}
