//! Accounts: the ways in which a user signs in, and which of them belong to the same user.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ColumnNames;

/// Accounts: the ways in which a user signs in, and which of them belong to the same user.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// When a sign-in through a service is added to a user who is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_linking: Option<AccountLinking>,

    /// Encrypt the access and refresh tokens of services in the database. Tokens that are there in clear stay
    /// readable. Default: false.
    #[serde(rename = "encryptOAuthTokens", skip_serializing_if = "Option::is_none")]
    pub encrypt_oauth_tokens: Option<bool>,

    /// Store the service's new tokens at each sign-in. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_account_on_sign_in: Option<bool>,

    /// Where the state of a sign-in is kept while the user is at the service: in a row of the table `verification`,
    /// or encrypted in a cookie. Default: `database`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_state_strategy: Option<StateStrategy>,

    /// Finish a sign-in in another browser than that in which it began, which lets an attacker sign a victim in as
    /// themselves. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_state_cookie_check: Option<bool>,

    /// Name of the table. Default: `account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub model_name: Option<String>,

    /// Names of the columns that are not called as better-auth calls them, for example `userId: user_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ColumnNames>,
}

/// Where the state of a sign-in is kept.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StateStrategy {
    /// In a row of the table `verification`.
    #[default]
    Database,
    /// Encrypted in a cookie.
    Cookie,
}

/// When a sign-in through a service is added to a user who is there already.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountLinking {
    /// Link accounts at all. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Services whose word on an email address counts even where they do not say that it is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 256)))]
    pub trusted_providers: Option<Vec<String>>,

    /// Let a signed-in user link an account with another email address. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_different_emails: Option<bool>,

    /// Let a user remove their last account. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_unlinking_all: Option<bool>,

    /// Copy name and image from an account that is linked. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_user_info_on_link: Option<bool>,

    /// Link only when a signed-in user asks for it. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_implicit_linking: Option<bool>,

    /// Link to a user only whose own email address is verified: otherwise whoever registers an address first shares
    /// the user with whoever owns it. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_local_email_verified: Option<bool>,
}

impl Account {
    /// The rules of linking, with defaults where nothing is set.
    pub fn account_linking(&self) -> AccountLinking {
        self.account_linking.clone().unwrap_or_default()
    }

    /// Whether tokens are encrypted in the database.
    pub fn encrypt_oauth_tokens(&self) -> bool {
        self.encrypt_oauth_tokens.unwrap_or(false)
    }

    /// Whether tokens are stored at each sign-in.
    pub fn update_account_on_sign_in(&self) -> bool {
        self.update_account_on_sign_in.unwrap_or(true)
    }

    /// Where the state of a sign-in is kept.
    pub fn store_state_strategy(&self) -> StateStrategy {
        self.store_state_strategy.unwrap_or_default()
    }

    /// Whether a sign-in may end in another browser.
    pub fn skip_state_cookie_check(&self) -> bool {
        self.skip_state_cookie_check.unwrap_or(false)
    }
}

impl AccountLinking {
    /// Whether accounts are linked at all.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// Whether `provider` is trusted.
    pub fn trusts(&self, provider: &str) -> bool {
        self.trusted_providers
            .iter()
            .flatten()
            .any(|trusted| trusted == provider)
    }

    /// Whether a signed-in user may link an account with another email address.
    pub fn allow_different_emails(&self) -> bool {
        self.allow_different_emails.unwrap_or(false)
    }

    /// Whether a user may remove their last account.
    pub fn allow_unlinking_all(&self) -> bool {
        self.allow_unlinking_all.unwrap_or(false)
    }

    /// Whether name and image are copied from an account that is linked.
    pub fn update_user_info_on_link(&self) -> bool {
        self.update_user_info_on_link.unwrap_or(false)
    }

    /// Whether only a signed-in user links accounts.
    pub fn disable_implicit_linking(&self) -> bool {
        self.disable_implicit_linking.unwrap_or(false)
    }

    /// Whether the user's own email address has to be verified.
    pub fn require_local_email_verified(&self) -> bool {
        self.require_local_email_verified.unwrap_or(true)
    }
}
