//! Showing that an email address is its user's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::{Problem, check_range};

/// Longest lifetime of a link in a mail: 30 days. Whoever finds an older mail should not be able to use it.
pub(super) const MAX_LINK_LIFETIME_SECONDS: u32 = 30 * 86_400;

/// Showing that an email address is its user's, by a link in a mail. Needs `mail`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailVerification {
    /// Send the link to new users. Default: what `emailAndPassword.requireEmailVerification` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_on_sign_up: Option<bool>,

    /// Send the link again whenever a user whose address is not verified, but has to be, signs in. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_on_sign_in: Option<bool>,

    /// Sign a user in who follows the link. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_sign_in_after_verification: Option<bool>,

    /// Lifetime of the link in seconds, 60 to 2592000 (30 days). Default: 3600 (1 hour).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 60, max = 2_592_000))]
    pub expires_in: Option<u32>,
}

impl EmailVerification {
    /// Whether new users are sent the link; `required` is what `emailAndPassword.requireEmailVerification` is.
    pub fn send_on_sign_up(&self, required: bool) -> bool {
        self.send_on_sign_up.unwrap_or(required)
    }

    /// Whether a user who has to verify their address first is sent the link again.
    pub fn send_on_sign_in(&self) -> bool {
        self.send_on_sign_in.unwrap_or(false)
    }

    /// Whether whoever follows the link is signed in.
    pub fn auto_sign_in_after_verification(&self) -> bool {
        self.auto_sign_in_after_verification.unwrap_or(false)
    }

    /// Lifetime of the link in seconds.
    pub fn expires_in(&self) -> u32 {
        self.expires_in.unwrap_or(3600)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(
            problems,
            "emailVerification.expiresIn",
            self.expires_in,
            60..=MAX_LINK_LIFETIME_SECONDS,
        );
    }
}
