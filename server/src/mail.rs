//! Mails: what they say, and who takes them.
//!
//! A request only queues a mail, in its own transaction; the outbox sends it afterwards. So a relay that is slow or down
//! neither delays nor fails a request, and a mail that was queued is sent even if the process dies.

mod catalog;
mod compose;
mod defaults;
mod layout;
mod locale;
mod sender;
mod smtp;

use std::{fmt, sync::Arc};

use authbackend_crds::auth::{AuthSettings, UnknownPlaceholder};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    config::BaseUrl,
    db::Conn,
    http::extract::Client,
    identity::user::User,
    outbox::{self, Outbox},
};

use catalog::Catalog;
pub use compose::ComposeError;
pub use sender::MailSender;

/// What a mail is about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MailKind {
    /// Asks the user to confirm an address.
    Verification,
    /// Carries the link to choose a new password.
    ResetPassword,
    /// Asks, at the old address, whether the address may be changed.
    ChangeEmailConfirmation,
    /// Asks whether the account may be deleted.
    DeleteAccount,
    /// Tells a user that somebody wanted to sign up with their address.
    ExistingUserSignUp,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Verification,
        Self::ResetPassword,
        Self::ChangeEmailConfirmation,
        Self::DeleteAccount,
        Self::ExistingUserSignUp,
    ];

    /// Its name in settings and webhooks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::ResetPassword => "resetPassword",
            Self::ChangeEmailConfirmation => "changeEmailConfirmation",
            Self::DeleteAccount => "deleteAccount",
            Self::ExistingUserSignUp => "existingUserSignUp",
        }
    }
}

/// Whom a mail is about.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Recipient {
    /// Id of the user.
    pub id: String,
    /// The name that the user goes by.
    pub name: String,
    /// The address that the user has.
    pub email: String,
}

/// A mail to be sent.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// What it is about.
    pub kind: MailKind,
    /// Where it goes: the user's address, or the one that they want to have.
    pub to: String,
    /// Whom it is about.
    pub user: Recipient,
    /// The link, where it has one.
    pub url: Option<String>,
    /// The token in the link.
    pub token: Option<String>,
    /// `Accept-Language` of the request; empty where that is not known.
    pub accept_language: String,
}

impl Message {
    /// A mail to the `user`, without a link.
    pub fn new(kind: MailKind, user: &User) -> Self {
        Self {
            kind,
            to: user.email.clone(),
            user: Recipient {
                id: user.id.clone(),
                name: user.name.clone(),
                email: user.email.clone(),
            },
            url: None,
            token: None,
            accept_language: String::new(),
        }
    }

    /// The same mail, with the link `url`, which contains `token`.
    #[must_use]
    pub fn with_link(self, url: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            token: Some(token.into()),
            ..self
        }
    }

    /// The same mail, to another address.
    #[must_use]
    pub fn to(self, address: impl Into<String>) -> Self {
        Self {
            to: address.into(),
            ..self
        }
    }

    /// The same mail, in the language of whoever asked for it.
    #[must_use]
    pub fn in_language_of(self, client: &Client) -> Self {
        Self {
            accept_language: client.accept_language.clone(),
            ..self
        }
    }
}

impl fmt::Debug for Message {
    /// The link is left out: whoever has it may do what it is for.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("kind", &self.kind)
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}

/// What the outbox keeps of a mail: the texts are made when it is sent.
#[derive(Deserialize, Serialize)]
struct Queued {
    kind: MailKind,
    to: String,
    user: Recipient,
    url: Option<String>,
    token: Option<String>,
    /// The language chosen; none for the default.
    locale: Option<String>,
    /// Milliseconds since the Unix epoch.
    at: i64,
}

/// Why a mail was not queued.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings name no way to send.
    #[error("no mail can be sent: spec.auth.mail is not set")]
    NoSender,
    /// The database refused it.
    #[error(transparent)]
    Store(#[from] outbox::Error),
}

/// Takes mails in.
pub struct Mailer {
    outbox: Outbox,
    clock: Clock,
    /// None when the settings name no way to send.
    catalog: Option<Arc<Catalog>>,
}

impl Mailer {
    /// A mailer for the settings.
    ///
    /// # Errors
    /// A text has an unknown placeholder.
    pub fn new(
        settings: &AuthSettings,
        base_url: &BaseUrl,
        outbox: Outbox,
        clock: Clock,
    ) -> Result<Self, UnknownPlaceholder> {
        let catalog = settings
            .mail
            .as_ref()
            .map(|mail| Catalog::new(mail, &app_name(settings, base_url)).map(Arc::new))
            .transpose()?;
        Ok(Self {
            outbox,
            clock,
            catalog,
        })
    }

    /// Whether mails of the kind can be sent: endpoints that need one are not offered otherwise.
    pub fn can_send(&self, _kind: MailKind) -> bool {
        self.catalog.is_some()
    }

    /// Queues a mail, in the transaction of `db` if one is open. It is sent after that has been committed, however
    /// the relay is doing now.
    ///
    /// # Errors
    /// There is no way to send (ask [`Mailer::can_send`] first), or the database refuses the row.
    pub async fn queue(&self, db: &mut Conn, message: Message) -> Result<(), MailError> {
        let catalog = self.catalog.as_ref().ok_or(MailError::NoSender)?;
        let locale = catalog.locale(message.kind, &message.accept_language);
        let queued = Queued {
            kind: message.kind,
            to: message.to,
            user: message.user,
            url: message.url,
            token: message.token,
            locale: locale.map(str::to_owned),
            at: self.clock.unix_milliseconds(),
        };
        self.outbox.queue(db, outbox::Kind::Mail, &queued).await?;
        Ok(())
    }

    fn catalog(&self) -> Option<&Arc<Catalog>> {
        self.catalog.as_ref()
    }
}

/// What mails call the application: its name, or the host where it is.
fn app_name(settings: &AuthSettings, base_url: &BaseUrl) -> String {
    settings
        .app_name
        .clone()
        .unwrap_or_else(|| base_url.host().to_owned())
}
