//! How mails are sent, and what they say.

mod mailbox;
mod smtp;
mod template;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    problem::Problem,
    webhooks::{WebhookTarget, check_url},
};

pub use mailbox::Mailbox;
pub use smtp::{Smtp, SmtpTls};
pub use template::{MailTemplate, MailTemplates, MailText};
pub use text::{Piece, Placeholder, TemplateText, UnknownPlaceholder};

/// The language of texts that no locale is given for.
pub const DEFAULT_LOCALE: &str = "en";

/// How mails are sent, and what they say. Without it nothing that needs a mail is offered.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Sender: an address, or a name and an address (`Shop <no-reply@shop.example>`). Needed with `smtp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 512))]
    pub from: Option<String>,

    /// Where answers go, written as `from`. Default: to the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 512))]
    pub reply_to: Option<String>,

    /// Send by a relay. Set either this or `webhook`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Smtp>,

    /// Hand mails over to a service of yours, as signed JSON. Set either this or `smtp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookTarget>,

    /// Language (BCP 47) of the texts that stand outside of `locales`, and of users whose language is not among
    /// them. Default: en.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 2, max = 35),
        regex(pattern = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
    )]
    pub default_locale: Option<String>,

    /// What mails say, in place of the texts that come with the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub templates: Option<MailTemplates>,
}

impl Mail {
    /// Language of the texts that stand outside of `locales`.
    pub fn default_locale(&self) -> &str {
        self.default_locale.as_deref().unwrap_or(DEFAULT_LOCALE)
    }

    /// What mails say, with defaults where nothing is set.
    pub fn templates(&self) -> MailTemplates {
        self.templates.clone().unwrap_or_default()
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        match (&self.smtp, &self.webhook) {
            (Some(_), Some(_)) => problems.push(Problem::new(
                "mail",
                "has both smtp and webhook: remove one of them",
            )),
            (None, None) => problems.push(Problem::new(
                "mail",
                "says of no way to send: set smtp or webhook",
            )),
            (Some(smtp), None) => smtp.validate(problems),
            (None, Some(webhook)) => check_url(problems, "mail.webhook.url", &webhook.url),
        }
        if self.smtp.is_some() && self.from.is_none() {
            problems.push(Problem::new(
                "mail.from",
                "is not set: set it to the address that mails come from",
            ));
        }
        for (field, text) in [("from", &self.from), ("replyTo", &self.reply_to)] {
            if text
                .as_deref()
                .is_some_and(|text| Mailbox::parse(text).is_none())
            {
                problems.push(Problem::new(
                    format!("mail.{field}"),
                    "must be an address, or a name and an address such as Shop <no-reply@shop.example>",
                ));
            }
        }
        if self
            .default_locale
            .as_deref()
            .is_some_and(|locale| !is_locale(locale))
        {
            problems.push(Problem::new("mail.defaultLocale", LOCALE_REMEDY));
        }
        if let Some(templates) = &self.templates {
            templates.validate(problems);
        }
    }
}

const LOCALE_REMEDY: &str = "must be a language such as en or pt-BR";

/// Whether `text` has the form of a language tag (RFC 5646).
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_language = parts.next().is_some_and(|language| {
        (2..=8).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    is_language
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests;
