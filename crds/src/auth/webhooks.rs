//! What happens, told to other services and kept for auditors.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SecretKeyRef, problem::Problem};

/// A service that takes signed JSON by POST.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookTarget {
    /// Where to post to.
    #[schemars(length(min = 1, max = 2048), regex(pattern = r"^https?://"))]
    pub url: String,

    /// The secret that signs, as Standard Webhooks writes it: `whsec_` and the base64 of 24 to 64 random bytes.
    /// Several, separated by spaces or lines, all sign, so that a receiver can move from one to the next. Read for
    /// each request.
    pub signing_secret_ref: SecretKeyRef,
}

/// A service that is told what happens.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventWebhook {
    /// Where to post to.
    #[schemars(length(min = 1, max = 2048), regex(pattern = r"^https?://"))]
    pub url: String,

    /// What it is told of. Default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub events: Option<Vec<EventKind>>,

    /// The secret that signs, as Standard Webhooks writes it: `whsec_` and the base64 of 24 to 64 random bytes.
    /// Several, separated by spaces or lines, all sign, so that a receiver can move from one to the next. Read for
    /// each request.
    pub signing_secret_ref: SecretKeyRef,
}

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)+) => {
        /// Something that happens.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)+
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// Its name in settings, webhooks and the audit log.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }
        }
    };
}

event_kinds! {
    /// A user signed up.
    UserCreated = "user.created",
    /// A user changed their name, picture or additional fields.
    UserUpdated = "user.updated",
    /// A user was deleted.
    UserDeleted = "user.deleted",
    /// A user signed in.
    SessionCreated = "session.created",
    /// One session or several were ended before their time.
    SessionRevoked = "session.revoked",
    /// Somebody did not sign in.
    SignInFailed = "sign_in.failed",
    /// A user changed their password.
    PasswordChanged = "password.changed",
    /// A user chose a new password by mail.
    PasswordReset = "password.reset",
    /// A user proved that an address is theirs.
    EmailVerified = "email.verified",
    /// A user has another address.
    EmailChanged = "email.changed",
    /// A user can sign in by a further provider.
    AccountLinked = "account.linked",
    /// A user cannot sign in by a provider any more.
    AccountUnlinked = "account.unlinked",
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl EventWebhook {
    /// Whether the service is told of `kind`.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.events
            .as_ref()
            .is_none_or(|events| events.contains(&kind))
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>, index: usize) {
        check_url(problems, &format!("webhooks[{index}].url"), &self.url);
        if self.events.as_ref().is_some_and(Vec::is_empty) {
            problems.push(Problem::new(
                format!("webhooks[{index}].events"),
                "is empty: name events, or leave it out for all of them",
            ));
        }
    }
}

/// Reports a `url` that cannot be posted to.
pub(super) fn check_url(problems: &mut Vec<Problem>, path: &str, url: &str) {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_host = |text: &str| {
        let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
        !authority.is_empty() && !authority.contains('@')
    };
    if !host.is_some_and(is_host) || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        problems.push(Problem::new(
            path,
            "must be a URL such as https://hooks.shop.example/auth, without credentials in it",
        ));
    }
}
