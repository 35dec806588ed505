//! What an account is.

use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;

/// What `providerId` is of an account that holds a password.
pub const CREDENTIAL: &str = "credential";

/// The tokens that a provider has given for a user, as they are stored: encrypted where the settings say so.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Tokens {
    /// For calls of the provider's API.
    pub access_token: Option<String>,
    /// For a new access token.
    pub refresh_token: Option<String>,
    /// Says who the user is.
    pub id_token: Option<String>,
    /// When the access token ends.
    pub access_token_expires_at: Option<OffsetDateTime>,
    /// When the refresh token ends.
    pub refresh_token_expires_at: Option<OffsetDateTime>,
    /// What the access token may be used for, separated by commas.
    pub scope: Option<String>,
}

/// An account that is not in the database yet.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct NewAccount {
    /// The id of the row; none where the database counts ids.
    pub id: Option<String>,
    /// The user's id at the provider; none for the user's own id here.
    pub account_id: Option<String>,
    /// The provider, [`CREDENTIAL`] for a password.
    pub provider_id: String,
    /// Whose account it is.
    pub user_id: String,
    /// The provider's tokens.
    pub tokens: Tokens,
    /// Hash of the password.
    pub password: Option<String>,
    /// The fields that the settings add.
    pub additional: Map<String, Value>,
}

/// An account: one way in which a user signs in.
#[derive(Clone, Eq, PartialEq)]
pub struct Account {
    /// The id of the row.
    pub id: String,
    /// The user's id at the provider.
    pub account_id: String,
    /// The provider, [`CREDENTIAL`] for a password.
    pub provider_id: String,
    /// Whose account it is.
    pub user_id: String,
    /// The provider's tokens.
    pub tokens: Tokens,
    /// Hash of the password.
    pub password: Option<String>,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it changed last.
    pub updated_at: OffsetDateTime,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tokens")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewAccount")
            .field("provider_id", &self.provider_id)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("id", &self.id)
            .field("provider_id", &self.provider_id)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// The account of a user that holds their password.
#[derive(Clone, Eq, PartialEq)]
pub struct Credential {
    /// Id of the account.
    pub id: String,
    /// Hash of the password; a user who has only ever signed in elsewhere may have none.
    pub password: Option<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "redacted");
        formatter
            .debug_struct("Credential")
            .field("id", &self.id)
            .field("password", &password)
            .finish()
    }
}

/// That a password is right. It holds as long as its account has the hash that it was checked against.
#[derive(Clone, Eq, PartialEq)]
pub struct Proof {
    /// Id of the account.
    pub account_id: String,
    /// The hash.
    pub hash: String,
    /// What takes its place, where it is outdated.
    pub replacement: Option<String>,
}

impl fmt::Debug for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Proof")
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}
