//! Which settings ask for mails.

use super::{AuthSettings, Problem};

impl AuthSettings {
    /// Reports settings that ask for mails where there is no way to send one.
    pub(super) fn validate_mailing(&self, problems: &mut Vec<Problem>) {
        if self.mail.is_none() {
            let remedy = "needs mail: set spec.auth.mail, or leave it out";
            problems.extend(self.mailing().map(|path| Problem::new(path, remedy)));
        }
    }

    /// Paths of the settings that ask for mails.
    fn mailing(&self) -> impl Iterator<Item = &'static str> {
        let verification = self.email_verification();
        let user = self.user();
        [
            (
                self.email_and_password().on_existing_user_sign_up(),
                "emailAndPassword.onExistingUserSignUp",
            ),
            (
                verification.send_on_sign_up(false),
                "emailVerification.sendOnSignUp",
            ),
            (
                verification.send_on_sign_in(),
                "emailVerification.sendOnSignIn",
            ),
            (
                user.change_email().send_change_email_confirmation(),
                "user.changeEmail.sendChangeEmailConfirmation",
            ),
            (
                user.delete_user().send_delete_account_verification(),
                "user.deleteUser.sendDeleteAccountVerification",
            ),
        ]
        .into_iter()
        .filter_map(|(is_set, path)| is_set.then_some(path))
    }
}
