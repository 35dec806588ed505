//! `spec.auth`: the settings of the auth server, under the names that better-auth gives its options.
//!
//! Every field is optional and stays absent when it is not set: defaults are applied in code, by the
//! accessor of the same name, so that a stored object never shows a default that its author did not write
//! and a later release may improve one. Unknown fields are ignored by design: an older server must be able
//! to read what a newer operator wrote (`auth-server check-config` names them).

mod account;
mod additional_fields;
mod advanced;
mod audit;
mod cookie_cache;
mod cors;
mod email_and_password;
mod email_verification;
mod mail;
mod mailing;
mod memory_cache;
mod on_api_error;
mod outbound;
mod plugins;
mod problem;
mod rate_limit;
mod schema_settings;
mod secondary_storage;
mod secret_ref;
mod session;
mod social_providers;
mod tables;
mod user;
mod verification;
mod webhooks;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use account::{Account, AccountLinking, StateStrategy};
pub use additional_fields::{
    AdditionalField, AdditionalFields, FieldReference, FieldType, NamedType, OnDelete,
};
pub use advanced::{
    Advanced, CookieAttributes, CrossSubDomainCookies, DEFAULT_COOKIE_PREFIX, DatabaseOptions,
    GenerateId, IpAddress, SameSite, SingleCookie, SingleCookies,
};
pub use audit::{Audit, Outbox};
pub use cookie_cache::{CookieCache, CookieCacheStrategy};
pub use cors::Cors;
pub use email_and_password::{Argon2id, EmailAndPassword, HashAlgorithm, PasswordHashing};
pub use email_verification::EmailVerification;
pub use mail::{
    DEFAULT_LOCALE, Mail, MailTemplate, MailTemplates, MailText, Mailbox, Piece, Placeholder, Smtp,
    SmtpTls, TemplateText, UnknownPlaceholder,
};
pub use memory_cache::MemoryCache;
pub use on_api_error::OnApiError;
pub(crate) use outbound::port_of;
pub use plugins::{
    Authentication, Bearer, GenericOAuth, GenericOAuthConfig, Jwks, JwksTable, Jwt, JwtAlgorithm,
    JwtClaims, JwtSchema, KeyPair, OpenApi, Plugins, Preset, ProfileMapping, TokenEndpointAuth,
};
pub use problem::Problem;
pub use rate_limit::{CustomRule, RateLimit, RateLimitStorage};
pub use secondary_storage::{Redis, SecondaryStorage};
pub use secret_ref::SecretKeyRef;
pub use session::Session;
pub use social_providers::{
    ClientId, PROVIDER_IDS, Prompt, SocialProvider, SocialProviders, TokenEndpointAuthMethod,
};
pub use tables::{ColumnNames, TABLES, TableSettings};
pub use user::{ChangeEmail, DeleteUser, User};
pub use verification::{IdentifierStorage, StoreIdentifier, Verification};
pub use webhooks::{EventKind, EventWebhook, WebhookTarget};

/// Settings of the auth server.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthSettings {
    /// What mails call the application. Default: the host of `baseURL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub app_name: Option<String>,

    /// Sign-up and sign-in with an email address and a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_and_password: Option<EmailAndPassword>,

    /// Showing that an email address is its user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verification: Option<EmailVerification>,

    /// What users may do with their own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,

    /// Lifetime and refresh of sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,

    /// Accounts: the ways in which a user signs in, and which of them belong to the same user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,

    /// Sign-in through other services, by the name that better-auth gives them, for example `google`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub social_providers: Option<SocialProviders>,

    /// Plugins, under the names that better-auth gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugins: Option<Plugins>,

    /// Verifications: what a link or a code that was mailed stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,

    /// Origins, besides that of `baseURL`, from which browsers may call the API and to which it may redirect.
    /// Exact origins (`https://app.example`), globs (`https://*.app.example`, `*.app.example`) and custom
    /// schemes (`myapp://`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 2048)))]
    pub trusted_origins: Option<Vec<String>>,

    /// Cross-origin resource sharing with the trusted origins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,

    /// Paths of the API that answer 404, without the mount path (for example `/sign-up/email`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 512)))]
    pub disabled_paths: Option<Vec<String>>,

    /// How many requests a client may send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,

    /// A second store besides the database, which better-auth can share: sessions, verifications and counts of requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_storage: Option<SecondaryStorage>,

    /// What the API does with errors that have no caller to answer to.
    #[serde(rename = "onAPIError", skip_serializing_if = "Option::is_none")]
    pub on_api_error: Option<OnApiError>,

    /// How mails are sent, and what they say. Without it nothing that needs a mail is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,

    /// Services that are told what happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub webhooks: Option<Vec<EventWebhook>>,

    /// The audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,

    /// Messages that could not be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbox: Option<Outbox>,

    /// Cookies, client addresses and the checks of a request's origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advanced: Option<Advanced>,
}

/// A section of the settings, as it is or with nothing set. Requests ask for sections, so none is copied.
fn or_default<T: Clone + Default>(section: Option<&T>) -> Cow<'_, T> {
    section.map(Cow::Borrowed).unwrap_or_default()
}

impl AuthSettings {
    /// Plugins, none where nothing is set.
    pub fn plugins(&self) -> Cow<'_, Plugins> {
        or_default(self.plugins.as_ref())
    }

    /// Sign-in by email and password, with defaults where nothing is set.
    pub fn email_and_password(&self) -> Cow<'_, EmailAndPassword> {
        or_default(self.email_and_password.as_ref())
    }

    /// Verification of email addresses, with defaults where nothing is set.
    pub fn email_verification(&self) -> Cow<'_, EmailVerification> {
        or_default(self.email_verification.as_ref())
    }

    /// What users may do with their own account, with defaults where nothing is set.
    pub fn user(&self) -> Cow<'_, User> {
        or_default(self.user.as_ref())
    }

    /// Session lifetimes, with defaults where nothing is set.
    pub fn session(&self) -> Cow<'_, Session> {
        or_default(self.session.as_ref())
    }

    /// Accounts, with defaults where nothing is set.
    pub fn account(&self) -> Cow<'_, Account> {
        or_default(self.account.as_ref())
    }

    /// Verifications, with defaults where nothing is set.
    pub fn verification(&self) -> Cow<'_, Verification> {
        or_default(self.verification.as_ref())
    }

    /// Cookie, address and origin settings, with defaults where nothing is set.
    pub fn advanced(&self) -> Cow<'_, Advanced> {
        or_default(self.advanced.as_ref())
    }

    /// The audit log, with defaults where nothing is set.
    pub fn audit(&self) -> Cow<'_, Audit> {
        or_default(self.audit.as_ref())
    }

    /// What becomes of messages that could not be sent, with defaults where nothing is set.
    pub fn outbox(&self) -> Cow<'_, Outbox> {
        or_default(self.outbox.as_ref())
    }

    /// Cross-origin resource sharing, with defaults where nothing is set.
    pub fn cors(&self) -> Cow<'_, Cors> {
        or_default(self.cors.as_ref())
    }

    /// Rate limits, with defaults where nothing is set.
    pub fn rate_limit(&self) -> Cow<'_, RateLimit> {
        or_default(self.rate_limit.as_ref())
    }

    /// Every value that the server would refuse, each with its path below `spec.auth` and the remedy.
    ///
    /// The schema refuses most of these at admission; the server checks a file that no API server has seen,
    /// and the operator checks objects admitted under an older schema.
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(settings) = &self.email_and_password {
            settings.validate(&mut problems);
        }
        if let Some(settings) = &self.email_verification {
            settings.validate(&mut problems);
        }
        if let Some(settings) = &self.user {
            settings.validate(&mut problems);
        }
        if let Some(settings) = &self.session {
            settings.validate(&mut problems);
        }
        if let Some(settings) = &self.mail {
            settings.validate(&mut problems);
        }
        for (index, settings) in self.webhooks.iter().flatten().enumerate() {
            settings.validate(&mut problems, index);
        }
        if let Some(settings) = &self.audit {
            settings.validate(&mut problems);
        }
        if let Some(settings) = &self.outbox {
            settings.validate(&mut problems);
        }
        if let Some(settings) = &self.advanced {
            settings.validate(&mut problems);
        }
        if let Some(providers) = &self.social_providers {
            social_providers::validate(providers, &mut problems);
        }
        if let Some(plugins) = &self.plugins {
            plugins.validate(&mut problems);
        }
        self.validate_tables(&mut problems);
        if let Some(settings) = &self.cors {
            settings.validate(&mut problems);
        }
        if let Some(settings) = &self.rate_limit {
            settings.validate(&mut problems);
        }
        self.validate_secondary_storage(&mut problems);
        self.validate_mailing(&mut problems);
        for (index, origin) in self.trusted_origins.iter().flatten().enumerate() {
            if origin.trim() != origin || origin.is_empty() {
                problems.push(Problem::new(
                    format!("trustedOrigins[{index}]"),
                    "must be an origin such as https://app.example, without spaces around it",
                ));
            }
        }
        for (index, path) in self.disabled_paths.iter().flatten().enumerate() {
            if !path.starts_with('/') {
                problems.push(Problem::new(
                    format!("disabledPaths[{index}]"),
                    "must start with a slash, for example /sign-up/email",
                ));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests;
