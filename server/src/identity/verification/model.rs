//! What a verification is.

use std::fmt;

use time::OffsetDateTime;

/// A verification that is not in the database yet.
pub struct NewVerification<'a> {
    /// The id of the row; none where the database counts ids.
    pub id: Option<String>,
    /// By what it is found: the purpose and a token, so that no token serves another purpose.
    pub identifier: &'a str,
    /// What whoever brings the token back is given.
    pub value: &'a str,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// A verification.
#[derive(Clone, Eq, PartialEq)]
pub struct Verification {
    /// The id of the row.
    pub id: String,
    /// By what it was found.
    pub identifier: String,
    /// What it stands for.
    pub value: String,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

impl fmt::Debug for Verification {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verification")
            .field("id", &self.id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewVerification<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewVerification")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
