//! What mails say unless the settings say otherwise.
//!
//! They do not repeat the user's name: whoever signs up with somebody else's address chooses it, and could have this
//! server send them any text.

use super::MailKind;

/// The texts of a mail; the HTML is made from the text.
pub(super) struct DefaultText {
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) button: &'static str,
}

/// The texts for `kind`, in English.
pub(super) const fn of(kind: MailKind) -> DefaultText {
    match kind {
        MailKind::Verification => DefaultText {
            subject: "Confirm your email address for {{appName}}",
            text: include_str!("templates/verification.txt"),
            button: "Confirm address",
        },
        MailKind::ResetPassword => DefaultText {
            subject: "Reset your password for {{appName}}",
            text: include_str!("templates/reset-password.txt"),
            button: "Choose a new password",
        },
        MailKind::ChangeEmailConfirmation => DefaultText {
            subject: "Confirm the change of your email address for {{appName}}",
            text: include_str!("templates/change-email-confirmation.txt"),
            button: "Confirm the change",
        },
        MailKind::DeleteAccount => DefaultText {
            subject: "Confirm the deletion of your {{appName}} account",
            text: include_str!("templates/delete-account.txt"),
            button: "Delete my account",
        },
        MailKind::ExistingUserSignUp => DefaultText {
            subject: "You already have an account at {{appName}}",
            text: include_str!("templates/existing-user-sign-up.txt"),
            button: "",
        },
    }
}
