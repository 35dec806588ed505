//! Mails as they wait in the outbox: nobody takes them in these tests.

use serde_json::Value;

use super::browser;
use crate::support::{TestServer, http::Answer};

/// A relay that nobody runs: a mail that is queued stays queued.
const MAIL: &str = "mail: {from: auth@shop.example, smtp: {host: 127.0.0.1, port: 1, tls: none}}";

/// A server that mails, with the further settings `yaml`.
pub(crate) async fn server(yaml: &str) -> TestServer {
    browser::server(&format!("{MAIL}\n{yaml}")).await
}

/// A mail.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) kind: String,
    pub(crate) to: String,
    pub(crate) url: String,
    pub(crate) token: String,
}

/// Every mail so far, the oldest first.
pub(crate) async fn mails(server: &TestServer) -> Vec<Mail> {
    let queued = server
        .database
        .value("SELECT coalesce(json_agg(payload ORDER BY id), '[]') FROM authbackend_outbox")
        .await;
    let queued: Vec<Value> = serde_json::from_str(&queued).unwrap();
    let text = |mail: &Value, name| mail[name].as_str().unwrap_or_default().to_owned();
    queued
        .iter()
        .map(|mail| Mail {
            kind: text(mail, "kind"),
            to: text(mail, "to"),
            url: text(mail, "url"),
            token: text(mail, "token"),
        })
        .collect()
}

/// Kind and addressee of every mail so far, as `verification ann@example.com`.
pub(crate) async fn sent(server: &TestServer) -> Vec<String> {
    let mails = mails(server).await;
    mails
        .iter()
        .map(|mail| format!("{} {}", mail.kind, mail.to))
        .collect()
}

/// The latest mail.
pub(crate) async fn last(server: &TestServer) -> Mail {
    mails(server).await.pop().expect("a mail was queued")
}

impl Mail {
    /// The path of the link below the mount.
    pub(crate) fn path(&self) -> &str {
        self.url.strip_prefix("http://localhost:8100/api").unwrap()
    }

    /// The path of the link without where it leads in the end.
    pub(crate) fn bare_path(&self) -> &str {
        let path = self.path();
        path.split("&callbackURL=").next().unwrap()
    }
}

/// Status and `Location` of a redirect.
pub(crate) fn redirect(answer: &Answer) -> String {
    format!(
        "{} {}",
        answer.status,
        answer.header("location").unwrap_or("-")
    )
}
