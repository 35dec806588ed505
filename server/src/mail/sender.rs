//! Sends mails that were queued: to a relay, or to a service of the administrator's.

use std::{sync::Arc, time::Duration};

use authbackend_crds::auth::{AuthSettings, WebhookTarget};
use futures::{FutureExt as _, future::BoxFuture};
use serde::Serialize;
use time::OffsetDateTime;

use super::{
    Mailer, Queued,
    catalog::{Catalog, Rendered},
    compose::{ComposeError, Sender},
    smtp::Relay,
};
use crate::{
    config::{BaseUrl, SecretFiles},
    identity::date,
    outbox::{
        Deliver, Failure, Item,
        webhook::{self, Poster},
    },
};

/// Sends mails that were queued.
pub struct MailSender {
    catalog: Arc<Catalog>,
    way: Way,
}

enum Way {
    Smtp {
        sender: Box<Sender>,
        relay: Box<Relay>,
    },
    Webhook {
        target: WebhookTarget,
        poster: Arc<Poster>,
    },
}

impl MailSender {
    /// The sender that the settings describe, if they do.
    ///
    /// # Errors
    /// The address of the sender is none.
    pub fn new(
        mailer: &Mailer,
        settings: &AuthSettings,
        base_url: &BaseUrl,
        secret_files: &SecretFiles,
        poster: &Arc<Poster>,
    ) -> Result<Option<Self>, ComposeError> {
        let (Some(catalog), Some(mail)) = (mailer.catalog(), &settings.mail) else {
            return Ok(None);
        };
        let way = match (&mail.smtp, &mail.webhook) {
            (Some(smtp), _) => Way::Smtp {
                sender: Box::new(Sender::new(mail)?),
                relay: Box::new(Relay::new(
                    smtp.clone(),
                    base_url.host(),
                    secret_files.clone(),
                )),
            },
            (None, Some(target)) => Way::Webhook {
                target: target.clone(),
                poster: Arc::clone(poster),
            },
            (None, None) => return Ok(None),
        };
        Ok(Some(Self {
            catalog: Arc::clone(catalog),
            way,
        }))
    }

    async fn send(&self, item: &Item) -> Result<(), Failure> {
        let mail: Queued = serde_json::from_str(&item.payload)
            .map_err(|_| Failure::never("the mail was queued by a server of another version"))?;
        let rendered = self
            .catalog
            .render(&mail)
            .ok_or_else(|| Failure::never("there are no texts for this kind of mail"))?;
        let sent = match &self.way {
            Way::Smtp { sender, relay } => {
                let composed = sender
                    .compose(&mail.to, &item.message_id, &rendered)
                    .map_err(|error| Failure::never(error.to_string()))?;
                relay.send(&composed).await
            }
            Way::Webhook { target, poster } => {
                let body = webhook_body(&mail, &rendered)
                    .map_err(|error| Failure::never(error.to_string()))?;
                let WebhookTarget {
                    url,
                    signing_secret_ref,
                } = target;
                poster
                    .post(url, signing_secret_ref, &item.message_id, body)
                    .await
            }
        };
        sent.map_err(|failure| failure.without(&secrets_of(&mail)))
    }
}

impl Deliver for MailSender {
    fn deliver<'a>(&'a self, item: &'a Item) -> BoxFuture<'a, Result<(), Failure>> {
        self.send(item).boxed()
    }

    fn limit(&self) -> Duration {
        match &self.way {
            Way::Smtp { relay, .. } => relay.limit(),
            Way::Webhook { .. } => webhook::LIMIT,
        }
    }
}

/// What a relay that quotes a mail in its refusal must not bring into the log.
fn secrets_of(mail: &Queued) -> Vec<&str> {
    let secrets = [mail.url.as_deref(), mail.token.as_deref()];
    secrets.into_iter().flatten().collect()
}

/// What the service gets: what better-auth gives to its callbacks, and the texts, for those who only pass them on.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    to: &'a str,
    user: &'a super::Recipient,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    subject: &'a str,
    text: &'a str,
    html: &'a str,
}

fn webhook_body(mail: &Queued, rendered: &Rendered) -> serde_json::Result<String> {
    let at = i128::from(mail.at) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    serde_json::to_string(&Body {
        r#type: format!("mail.{}", mail.kind.as_str()),
        timestamp: date::format(at),
        data: Data {
            to: &mail.to,
            user: &mail.user,
            url: mail.url.as_deref(),
            token: mail.token.as_deref(),
            locale: mail.locale.as_deref(),
            subject: &rendered.subject,
            text: &rendered.text,
            html: &rendered.html,
        },
    })
}
