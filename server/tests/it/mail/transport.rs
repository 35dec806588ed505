//! Encryption, signing in, and the life of connections.

use super::{plain, taken};
use crate::support::{
    eventually,
    post::Post,
    relay::{Encryption, Relay},
};

/// Settings for an encrypted relay that asks for a password.
fn encrypted(relay: &Relay, tls: &str) -> String {
    let port = relay.address.port();
    format!(
        "{{from: no-reply@shop.example, smtp: {{host: localhost, port: {port}, tls: {tls}, username: shop, \
         passwordRef: {{name: relay, key: password}}, caRef: {{name: relay, key: ca.crt}}}}}}"
    )
}

async fn post(relay: &Relay, tls: &str) -> Post {
    let post = Post::new(&encrypted(relay, tls)).await;
    relay.ask_for("shop", "the password");
    post.mount("relay", "password", "the password\n");
    post.mount("relay", "ca.crt", &relay.authority);
    post
}

async fn assert_sent_encrypted(encryption: Encryption, tls: &str) {
    let relay = Relay::start(encryption).await;
    let post = post(&relay, tls).await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    let mails = relay.taken();
    assert_eq!(mails.len(), 1, "{}", post.column("lastError").await);
    assert!(mails[0].is_encrypted);
    assert_eq!(mails[0].user.as_deref(), Some("shop"));
}

#[tokio::test]
async fn a_connection_is_encrypted_by_starttls_before_anybody_signs_in() {
    assert_sent_encrypted(Encryption::Starttls, "starttls").await;
}

#[tokio::test]
async fn a_connection_is_encrypted_from_the_start() {
    assert_sent_encrypted(Encryption::Implicit, "implicit").await;
}

#[tokio::test]
async fn a_relay_that_does_not_encrypt_gets_neither_password_nor_mail() {
    let relay = Relay::start(Encryption::None).await;
    let post = post(&relay, "starttls").await;
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    assert!(relay.taken().is_empty());
    let error = post.column("lastError").await;
    assert!(error.contains("STARTTLS is not supported"), "{error}");
}

#[tokio::test]
async fn a_relay_with_a_certificate_of_somebody_else_gets_nothing() {
    let relay = Relay::start(Encryption::Starttls).await;
    let other = Relay::start(Encryption::Starttls).await;
    let post = post(&relay, "starttls").await;
    post.mount("relay", "ca.crt", &other.authority);
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    assert!(relay.taken().is_empty());
    let error = post.column("lastError").await;
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_new_password_needs_no_restart() {
    let relay = Relay::start(Encryption::Starttls).await;
    let post = post(&relay, "starttls").await;
    post.mount("relay", "password", "an old password");
    let work = post.work();
    post.queue("ann@shop.example").await;
    eventually("the relay refuses", async || {
        post.column("lastError").await.contains("535")
    })
    .await;
    post.mount("relay", "password", "the password");
    post.make_due().await;
    taken(&relay, 1).await;
    work.stop().await;
}

#[tokio::test]
async fn a_password_is_in_no_error() {
    let relay = Relay::start(Encryption::Starttls).await;
    let post = post(&relay, "starttls").await;
    post.mount("relay", "password", "hunter2hunter2");
    post.queue("ann@shop.example").await;
    post.work().stop().await;
    let error = post.column("lastError").await;
    assert!(
        error.contains("535") && !error.contains("hunter2"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_serves_one_mail_after_the_other() {
    let relay = Relay::start(Encryption::None).await;
    let post = Post::new(&plain(&relay)).await;
    let work = post.work();
    for number in 1..=3 {
        post.queue("ann@shop.example").await;
        taken(&relay, number).await;
        eventually("the mail is done", async || post.left().await == 0).await;
    }
    assert_eq!(relay.connections(), 1);
    work.stop().await;
}
