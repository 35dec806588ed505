//! How a relay is reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{
    SecretKeyRef,
    problem::{Problem, check_range},
};

/// How a relay is reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Smtp {
    /// Host name or address of the relay. Its certificate must be for this name.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9.:_-]+$"))]
    pub host: String,

    /// TCP port. Default: 587 with `starttls`, 465 with `implicit`, 25 with `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65_535))]
    pub port: Option<u16>,

    /// How the connection is encrypted. Default: starttls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<SmtpTls>,

    /// Who signs in to the relay. Default: nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub username: Option<String>,

    /// The password of `username`. Read for each connection, so that a new one needs no restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_ref: Option<SecretKeyRef>,

    /// Certificate authorities (PEM) that the relay's certificate must come from. Default: those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_ref: Option<SecretKeyRef>,

    /// The name by which the server introduces itself (EHLO). Default: the host of `baseURL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9.-]+$"))]
    pub hello_name: Option<String>,

    /// Seconds until connecting and signing in is given up, 1 to 60. Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 60))]
    pub connect_timeout: Option<u32>,

    /// Seconds until sending one mail is given up, 1 to 60. Default: 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 60))]
    pub send_timeout: Option<u32>,
}

/// How the connection to a relay is encrypted. Default: starttls.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Plain first, then TLS; a relay that does not offer it gets neither password nor mail.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// None: password and mails can be read on the way. For a relay on the same machine or network.
    None,
}

impl Smtp {
    /// TCP port.
    pub fn port(&self) -> u16 {
        // RFC 6409, RFC 8314 and RFC 5321.
        self.port.unwrap_or(match self.tls() {
            SmtpTls::Starttls => 587,
            SmtpTls::Implicit => 465,
            SmtpTls::None => 25,
        })
    }

    /// How the connection is encrypted.
    pub fn tls(&self) -> SmtpTls {
        self.tls.unwrap_or_default()
    }

    /// Seconds until connecting is given up.
    pub fn connect_timeout(&self) -> u32 {
        self.connect_timeout.unwrap_or(10)
    }

    /// Seconds until sending one mail is given up.
    pub fn send_timeout(&self) -> u32 {
        self.send_timeout.unwrap_or(30)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        let is_name = |text: &str, more: &[char]| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
        };
        if !is_name(&self.host, &['.', ':', '_', '-']) {
            problems.push(Problem::new(
                "mail.smtp.host",
                "must be a host name or an address such as smtp.shop.example",
            ));
        }
        if self.port == Some(0) {
            problems.push(Problem::new("mail.smtp.port", "must be from 1 to 65535"));
        }
        if self.username.is_some() != self.password_ref.is_some() {
            problems.push(Problem::new(
                "mail.smtp.username",
                "and passwordRef belong together: set both or none",
            ));
        }
        if self.tls() == SmtpTls::None && self.ca_ref.is_some() {
            problems.push(Problem::new(
                "mail.smtp.caRef",
                "has no use without TLS: set tls to starttls or implicit",
            ));
        }
        if self
            .hello_name
            .as_deref()
            .is_some_and(|name| !is_name(name, &['.', '-']))
        {
            problems.push(Problem::new(
                "mail.smtp.helloName",
                "must be a host name such as auth.shop.example",
            ));
        }
        for (path, value) in [
            ("mail.smtp.connectTimeout", self.connect_timeout),
            ("mail.smtp.sendTimeout", self.send_timeout),
        ] {
            check_range(problems, path, value, 1..=60);
        }
    }
}
