//! Mails on their way from the transaction that queues them to a relay.

mod failure;
mod transport;
mod webhook;

use crate::support::{
    eventually,
    post::{Post, message},
    relay::{Encryption, Relay, Taken},
};

/// Settings for a relay without encryption.
fn plain(relay: &Relay) -> String {
    let port = relay.address.port();
    format!(
        "{{from: 'Shop <no-reply@shop.example>', smtp: {{host: localhost, port: {port}, tls: none, connectTimeout: 1, sendTimeout: 1}}}}"
    )
}

/// The mails that the relay has taken, once there are `count`.
async fn taken(relay: &Relay, count: usize) -> Vec<Taken> {
    eventually("the relay takes the mails", async || {
        relay.taken().len() >= count
    })
    .await;
    relay.taken()
}

fn message_id(mail: &Taken) -> &str {
    let mut lines = mail.data.lines();
    lines.find(|line| line.starts_with("Message-ID:")).unwrap()
}

#[tokio::test]
async fn a_mail_reaches_its_recipient_and_leaves_nothing_behind() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    let work = post.work();
    post.queue("ann@shop.example").await;
    let mail = &taken(&relay, 1).await[0];
    assert_eq!(mail.from, "no-reply@shop.example");
    assert_eq!(mail.to, ["ann@shop.example"]);
    for part in [
        "From: Shop <no-reply@shop.example>",
        "To: ann@shop.example",
        "Subject: Reset your password for shop.example",
        "https://shop.example/api/reset-password/t0k3n?callbackURL=%2F",
        "text/html",
    ] {
        assert!(
            mail.data
                .replace("=\r\n", "")
                .replace("=3D", "=")
                .contains(part),
            "{part}: {}",
            mail.data
        );
    }
    eventually("the row is gone", async || post.left().await == 0).await;
    work.stop().await;
}

#[tokio::test]
async fn a_mail_is_sent_when_its_transaction_is_committed_and_not_before() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    let work = post.work();
    let mut db = post.db.get().await.unwrap();
    db.begin().await.unwrap();
    post.mailer
        .queue(&mut db, message("ann@shop.example"))
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(relay.taken().is_empty());
    db.commit().await.unwrap();
    taken(&relay, 1).await;
    work.stop().await;
}

#[tokio::test]
async fn a_mail_whose_transaction_is_rolled_back_is_never_sent() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    let mut db = post.db.get().await.unwrap();
    db.begin().await.unwrap();
    post.mailer
        .queue(&mut db, message("ann@shop.example"))
        .await
        .unwrap();
    drop(db);
    post.queue("bob@shop.example").await;
    post.work().stop().await;
    let mails = relay.taken();
    assert_eq!(
        mails
            .iter()
            .map(|mail| mail.to[0].as_str())
            .collect::<Vec<_>>(),
        ["bob@shop.example"]
    );
}

#[tokio::test]
async fn what_was_queued_is_sent_before_the_server_stops() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    let work = post.work();
    for number in 0..20 {
        post.queue(&format!("user{number}@shop.example")).await;
    }
    work.stop().await;
    assert_eq!((relay.taken().len(), post.left().await), (20, 0));
}

#[tokio::test]
async fn several_servers_share_the_work_and_send_nothing_twice() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    for number in 0..40 {
        post.queue(&format!("user{number}@shop.example")).await;
    }
    let works = [post.work(), post.work(), post.work()];
    for work in works {
        work.stop().await;
    }
    let mut recipients: Vec<_> = relay
        .taken()
        .iter()
        .map(|mail| mail.to[0].clone())
        .collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!((recipients.len(), relay.taken().len()), (40, 40));
}

#[tokio::test]
async fn messages_are_counted() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    let metrics = post.metrics.encode().unwrap();
    let line = "auth_server_outbox_sent_total{kind=\"mail\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}
