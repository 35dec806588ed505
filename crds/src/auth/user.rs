//! What users may do with their own account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AdditionalFields, ColumnNames,
    email_verification::MAX_LINK_LIFETIME_SECONDS,
    problem::{Problem, check_range},
};

/// What users may do with their own account.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Changing the email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_email: Option<ChangeEmail>,

    /// Deleting the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_user: Option<DeleteUser>,

    /// Name of the table. Default: `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub model_name: Option<String>,

    /// Names of the columns that are not called as better-auth calls them, for example `emailVerified: email_verified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ColumnNames>,

    /// Fields that users have besides better-auth's own, by the name that clients know them by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_fields: Option<AdditionalFields>,
}

/// Changing the email address.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeEmail {
    /// Let users change their email address. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Change an address that was never verified at once, without a mail to the new one. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_email_without_verification: Option<bool>,

    /// Ask at the old address first, if that is verified. Needs `mail`. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_change_email_confirmation: Option<bool>,
}

/// Deleting the account.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteUser {
    /// Let users delete their account. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Ask by mail first. Needs `mail`. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_delete_account_verification: Option<bool>,

    /// Lifetime of the link in that mail in seconds, 60 to 2592000 (30 days). Default: 86400 (1 day).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 60, max = 2_592_000))]
    pub delete_token_expires_in: Option<u32>,
}

impl User {
    /// Changing the email address, with defaults where nothing is set.
    pub fn change_email(&self) -> ChangeEmail {
        self.change_email.clone().unwrap_or_default()
    }

    /// Deleting the account, with defaults where nothing is set.
    pub fn delete_user(&self) -> DeleteUser {
        self.delete_user.clone().unwrap_or_default()
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(
            problems,
            "user.deleteUser.deleteTokenExpiresIn",
            self.delete_user().delete_token_expires_in,
            60..=MAX_LINK_LIFETIME_SECONDS,
        );
    }
}

impl ChangeEmail {
    /// Whether users may change their email address.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }

    /// Whether an address that was never verified is changed at once.
    pub fn update_email_without_verification(&self) -> bool {
        self.update_email_without_verification.unwrap_or(false)
    }

    /// Whether the old address is asked first.
    pub fn send_change_email_confirmation(&self) -> bool {
        self.send_change_email_confirmation.unwrap_or(false)
    }
}

impl DeleteUser {
    /// Whether users may delete their account.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }

    /// Whether a mail asks first.
    pub fn send_delete_account_verification(&self) -> bool {
        self.send_delete_account_verification.unwrap_or(false)
    }

    /// Lifetime of the link in that mail in seconds.
    pub fn delete_token_expires_in(&self) -> u32 {
        self.delete_token_expires_in.unwrap_or(86_400)
    }
}
