//! What the settings say about who may sign in.

use super::Provider;

/// What the settings say about the users of a service.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Policy {
    /// Refuse users who are new.
    pub disable_sign_up: bool,
    /// Refuse them unless the client asks for sign-up.
    pub disable_implicit_sign_up: bool,
    /// Replace what is known of a user at each sign-in.
    pub override_user_info: bool,
    /// Open no session without a verified address.
    pub require_email_verification: bool,
}

impl Provider {
    /// What the settings say about its users.
    pub fn policy(&self) -> Policy {
        let is = |flag: Option<bool>| flag.unwrap_or(false);
        match self {
            Self::BuiltIn(_, settings) => Policy {
                disable_sign_up: is(settings.disable_sign_up),
                disable_implicit_sign_up: is(settings.disable_implicit_sign_up),
                override_user_info: is(settings.override_user_info_on_sign_in),
                require_email_verification: is(settings.require_email_verification),
            },
            Self::Generic(generic) => Policy {
                disable_sign_up: is(generic.config.disable_sign_up),
                disable_implicit_sign_up: is(generic.config.disable_implicit_sign_up),
                override_user_info: is(generic.config.override_user_info),
                require_email_verification: is(generic.config.require_email_verification),
            },
        }
    }
}
