//! Mails that are handed to a service of the administrator's.

use auth_server::outbox::webhook::sign;

use crate::support::{eventually, post::Post, receiver::Receiver};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn post(receiver: &Receiver) -> Post {
    let url = receiver.url();
    let settings =
        format!("{{webhook: {{url: '{url}', signingSecretRef: {{name: hook, key: secret}}}}}}");
    let post = Post::new(&settings).await;
    post.mount("hook", "secret", SECRET);
    post
}

#[tokio::test]
async fn the_service_gets_the_mail_as_signed_json() {
    let receiver = Receiver::start(&[]).await;
    let post = post(&receiver).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    let request = &receiver.received()[0];
    let body = request.json();
    assert_eq!(body["type"], "mail.resetPassword");
    assert_eq!(body["timestamp"], "2026-01-02T03:04:05.678Z");
    let data = &body["data"];
    assert_eq!(data["to"], "ann@shop.example");
    assert_eq!(data["user"]["id"], "u1");
    assert_eq!(data["token"], "t0k3n");
    assert!(
        data["text"]
            .as_str()
            .unwrap()
            .contains(data["url"].as_str().unwrap())
    );
    let timestamp = request.header("webhook-timestamp").parse().unwrap();
    let expected = sign(
        SECRET,
        request.header("webhook-id"),
        timestamp,
        &request.body,
    );
    assert_eq!(Ok(request.header("webhook-signature").to_owned()), expected);
    assert_eq!(request.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_mail_that_the_service_does_not_take_comes_again_with_the_same_id() {
    let receiver = Receiver::start(&["503 Unavailable", "429 Too Many", "302 Found"]).await;
    let post = post(&receiver).await;
    post.queue("ann@shop.example").await;
    for _ in 0..3 {
        post.work().stop().await;
        assert_eq!(post.left().await, 1);
        post.make_due().await;
    }
    assert!(receiver.is_through());
    post.work().stop().await;
    let received = receiver.received();
    assert_eq!((received.len(), post.left().await), (4, 0));
    let first = (received[0].header("webhook-id"), &received[0].body);
    for request in &received {
        assert_eq!((request.header("webhook-id"), &request.body), first);
    }
}

#[tokio::test]
async fn a_service_that_is_gone_is_not_asked_again() {
    let receiver = Receiver::start(&["410 Gone"]).await;
    let post = post(&receiver).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    assert_ne!(post.column("deadAt").await, "");
}

#[tokio::test]
async fn a_secret_that_is_none_sends_nothing_and_is_not_told() {
    let receiver = Receiver::start(&[]).await;
    let post = post(&receiver).await;
    post.mount("hook", "secret", "hunter2hunter2");
    let work = post.work();
    post.queue("ann@shop.example").await;
    eventually("the attempt fails", async || {
        post.column("lastError").await.contains("whsec_")
    })
    .await;
    work.stop().await;
    assert!(receiver.received().is_empty());
    assert!(!post.column("lastError").await.contains("hunter2"));
}
