//! Relays that are down, refuse, or fall silent; servers that die.

use std::time::{Duration, Instant};

use super::{message_id, plain, taken};
use crate::support::{
    eventually,
    post::Post,
    relay::{Encryption, Mood, Relay},
};

/// Nobody listens there.
const NOBODY: &str = "{from: no-reply@shop.example, smtp: {host: 127.0.0.1, port: 1, tls: none}}";

#[tokio::test]
async fn a_relay_that_is_down_does_not_delay_a_request() {
    let post = Post::new(NOBODY).await;
    let work = post.work();
    let start = Instant::now();
    post.queue("ann@shop.example").await;
    assert!(start.elapsed() < Duration::from_secs(1));
    eventually("the attempt fails", async || {
        post.column("lastError")
            .await
            .contains("the relay cannot be used")
    })
    .await;
    assert_eq!(post.left().await, 1);
    work.stop().await;
}

#[tokio::test]
async fn a_mail_that_was_not_sent_is_tried_again_later() {
    let post = Post::new(NOBODY).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    assert_eq!(post.column("attempts").await, "1");
    let pause = r#"SELECT extract(epoch FROM "nextAttemptAt" - now()) BETWEEN 2 AND 7 FROM authbackend_outbox"#;
    assert_eq!(post.database.value(pause).await, "true");
}

#[tokio::test]
async fn no_connection_to_the_database_is_held_while_a_relay_keeps_us_waiting() {
    let relay = Relay::start(Encryption::None).await;
    relay.set_mood(Mood::Silent);
    let post = Post::with(&plain(&relay), 1).await;
    let work = post.work();
    post.queue("ann@shop.example").await;
    taken(&relay, 1).await;
    let start = Instant::now();
    drop(post.db.get().await.unwrap());
    assert!(start.elapsed() < Duration::from_millis(500));
    work.stop().await;
}

#[tokio::test]
async fn a_mail_in_the_middle_of_which_the_server_dies_is_sent_again_with_the_same_id() {
    let relay = Relay::start(Encryption::None).await;
    relay.set_mood(Mood::Silent);
    let post = Post::new(&plain(&relay)).await;
    let work = post.work();
    post.queue("ann@shop.example").await;
    taken(&relay, 1).await;
    work.kill().await;
    assert_eq!(post.left().await, 1);

    relay.set_mood(Mood::Willing);
    post.make_due().await;
    post.work().stop().await;
    let mails = relay.taken();
    assert_eq!((mails.len(), post.left().await), (2, 0));
    assert_eq!(message_id(&mails[0]), message_id(&mails[1]));
}

#[tokio::test]
async fn a_mail_that_a_server_queued_before_it_died_is_sent_by_the_next() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    assert_eq!(relay.taken().len(), 1);
}

#[tokio::test]
async fn a_recipient_that_is_refused_for_good_is_given_up() {
    let relay = Relay::start(Encryption::None).await;
    relay.set_mood(Mood::Refusing("550 5.1.1 no such user"));
    let post = Post::new(&plain(&relay)).await;
    post.queue("nobody@shop.example").await;
    post.work().stop().await;
    assert_ne!(post.column("deadAt").await, "");
    assert!(post.column("lastError").await.contains("no such user"));
    let metrics = post.metrics.encode().unwrap();
    assert!(
        metrics.contains("auth_server_outbox_dead_total{kind=\"mail\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_recipient_that_is_refused_for_now_is_not_given_up() {
    let relay = Relay::start(Encryption::None).await;
    relay.set_mood(Mood::Refusing("450 4.2.1 later"));
    let post = Post::new(&plain(&relay)).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    assert_eq!(post.column("deadAt").await, "");
}

#[tokio::test]
async fn a_relay_that_quotes_the_link_does_not_bring_it_into_the_log() {
    let relay = Relay::start(Encryption::None).await;
    relay.set_mood(Mood::Refusing("554 5.7.1 blocked: t0k3n"));
    let post = Post::new(&plain(&relay)).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    let error = post.column("lastError").await;
    assert!(
        error.contains("blocked") && !error.contains("t0k3n"),
        "{error}"
    );
}

#[tokio::test]
async fn the_last_attempt_is_the_last() {
    let post = Post::new(NOBODY).await;
    post.queue("ann@shop.example").await;
    post.database
        .execute("UPDATE authbackend_outbox SET attempts = 9")
        .await;
    post.work().stop().await;
    assert_ne!(post.column("deadAt").await, "");
}

#[tokio::test]
async fn a_mail_that_was_given_up_loses_its_link_after_a_day_and_its_row_after_a_month() {
    let post = Post::new(NOBODY).await;
    for (age, left) in [("23 hours", "1 1"), ("25 hours", "1 0"), ("31 days", "0 0")] {
        post.database
            .execute("DELETE FROM authbackend_outbox")
            .await;
        post.queue("ann@shop.example").await;
        post.database
            .execute(&format!(
                r#"UPDATE authbackend_outbox SET "deadAt" = now() - interval '{age}'"#
            ))
            .await;
        post.clean_up().await;
        let counts = "SELECT concat(count(*), ' ', count(payload)) FROM authbackend_outbox";
        assert_eq!(post.database.value(counts).await, left, "{age}");
    }
}
