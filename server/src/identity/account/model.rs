//! What an account is.

use std::fmt;

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
