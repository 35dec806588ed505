//! Which user a sign-in through a service belongs to: the rules, apart from everything that carries them out.
//!
//! Whoever links wrongly gives an account away: a service that vouches for no address can claim anybody's, and a local
//! user whose address was never verified may have been registered by somebody who waits for its owner.

use authbackend_crds::auth::AccountLinking;

/// What is known when somebody comes back from a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the truth table"
)]
pub struct Situation {
    /// Whose the account at the service is here.
    pub owner: Owner,
    /// Whether the settings trust the service, whatever it says about addresses.
    pub is_trusted: bool,
    /// Whether the service says that the address is verified.
    pub is_verified_there: bool,
    /// Whether accounts are linked at all (`accountLinking.enabled`).
    pub is_enabled: bool,
    /// Whether only a signed-in user links accounts (`accountLinking.disableImplicitLinking`).
    pub is_explicit_only: bool,
    /// Whether the user's own address has to be verified (`accountLinking.requireLocalEmailVerified`).
    pub needs_local_verification: bool,
    /// Whether new users are refused.
    pub is_sign_up_disabled: bool,
}

/// Whose an account at a service is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Owner {
    /// That of a user who has it linked.
    Linked,
    /// It is in the database, without a user.
    Orphaned,
    /// It is not in the database, but a user has its address; whether they have shown that it is theirs.
    SameAddress {
        /// Whether the user's own address is verified.
        is_verified_here: bool,
    },
    /// Nobody's.
    Nobody,
}

/// What to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Sign the owner in.
    SignIn,
    /// Link the account to the user with its address, and sign them in.
    Link,
    /// Create a user with the account, and sign them in.
    Create,
    /// Refuse.
    Refuse(Refusal),
}

/// Why nobody is signed in, in better-auth's words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// `account not linked`.
    NotLinked,
    /// `signup disabled`.
    SignUpDisabled,
    /// `unable to link account`.
    UnableToLink,
    /// `unable to create user`.
    UnableToCreate,
    /// `email_not_verified`.
    EmailNotVerified,
}

impl Refusal {
    /// The text in better-auth's answer to an id token.
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotLinked => "account not linked",
            Self::SignUpDisabled => "signup disabled",
            Self::UnableToLink => "unable to link account",
            Self::UnableToCreate => "unable to create user",
            Self::EmailNotVerified => "email_not_verified",
        }
    }

    /// The code in the redirect after a callback.
    pub fn code(self) -> String {
        self.message().replace(' ', "_")
    }
}

/// What to do in a situation.
pub fn decide(situation: Situation) -> Decision {
    let Situation {
        owner,
        is_trusted,
        is_verified_there,
        is_enabled,
        is_explicit_only,
        needs_local_verification,
        is_sign_up_disabled,
    } = situation;
    match owner {
        Owner::Linked => Decision::SignIn,
        Owner::Orphaned => Decision::Refuse(Refusal::UnableToLink),
        Owner::Nobody if is_sign_up_disabled => Decision::Refuse(Refusal::SignUpDisabled),
        Owner::Nobody => Decision::Create,
        Owner::SameAddress { is_verified_here } => {
            let is_theirs_there = is_trusted || is_verified_there;
            let is_theirs_here = is_verified_here || !needs_local_verification;
            if is_theirs_there && is_theirs_here && is_enabled && !is_explicit_only {
                Decision::Link
            } else {
                Decision::Refuse(Refusal::NotLinked)
            }
        }
    }
}

/// An address in lower case, by which users are found. No letter becomes one of ASCII that is none: with the Kelvin sign
/// in place of a `k` an address is somebody else's, whatever the rules of Unicode make of it.
pub fn folded(email: &str) -> String {
    let fold = |letter: char| {
        let becomes_ascii = letter.to_lowercase().any(|small| small.is_ascii());
        if letter.is_ascii() || !becomes_ascii {
            letter.to_lowercase().collect()
        } else {
            String::from(letter)
        }
    };
    email.chars().map(fold).collect()
}

/// Why a signed-in user cannot link an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkRefusal {
    /// Nobody vouches for the address, or accounts are not linked at all.
    NotAllowed,
    /// The account has another address.
    OtherAddress,
    /// The account is another user's.
    OtherUser,
}

/// What is known when a signed-in user links an account.
#[derive(Clone, Copy, Debug)]
pub struct LinkRequest<'a> {
    /// The user.
    pub user_id: &'a str,
    /// The user's address.
    pub email: &'a str,
    /// The address of the account.
    pub account_email: Option<&'a str>,
    /// Whether the service says that it is verified.
    pub is_verified_there: bool,
    /// Who has the account linked already.
    pub owner: Option<&'a str>,
    /// The service.
    pub provider: &'a str,
}

/// Whether a signed-in user may link an account; whether they have it already is for the caller to see.
///
/// # Errors
/// They may not.
pub fn may_link(rules: &AccountLinking, request: &LinkRequest<'_>) -> Result<(), LinkRefusal> {
    let is_vouched_for = rules.trusts(request.provider) || request.is_verified_there;
    if !is_vouched_for || !rules.enabled() {
        return Err(LinkRefusal::NotAllowed);
    }
    let is_same = request
        .account_email
        .is_some_and(|email| folded(email) == folded(request.email));
    if !is_same && !rules.allow_different_emails() {
        return Err(LinkRefusal::OtherAddress);
    }
    match request.owner {
        Some(owner) if owner != request.user_id => Err(LinkRefusal::OtherUser),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [bool; 2] = [false, true];

    /// Every situation in which a user has the address of an account that is not linked.
    fn same_address() -> impl Iterator<Item = Situation> {
        (0..64_u8).map(|bits| {
            let bit = |index: u8| bits & (1 << index) != 0;
            Situation {
                owner: Owner::SameAddress {
                    is_verified_here: bit(0),
                },
                is_trusted: bit(1),
                is_verified_there: bit(2),
                is_enabled: bit(3),
                is_explicit_only: bit(4),
                needs_local_verification: bit(5),
                is_sign_up_disabled: false,
            }
        })
    }

    #[test]
    fn an_account_is_linked_in_9_of_64_situations_and_never_without_its_four_conditions() {
        let mut linked = 0;
        for situation in same_address() {
            let Owner::SameAddress { is_verified_here } = situation.owner else {
                continue;
            };
            if decide(situation) == Decision::Link {
                linked += 1;
                assert!(situation.is_trusted || situation.is_verified_there);
                assert!(is_verified_here || !situation.needs_local_verification);
                assert!(situation.is_enabled && !situation.is_explicit_only);
            } else {
                assert_eq!(decide(situation), Decision::Refuse(Refusal::NotLinked));
            }
        }
        // Trusted, verified or both; verified here or not needed: 3 × 3.
        assert_eq!(linked, 9);
    }

    #[test]
    fn a_linked_account_signs_its_owner_in_whatever_the_settings_say() {
        for situation in same_address() {
            let owner = Owner::Linked;
            assert_eq!(decide(Situation { owner, ..situation }), Decision::SignIn);
        }
    }

    #[test]
    fn an_account_without_a_user_is_refused_whatever_the_settings_say() {
        for situation in same_address() {
            let owner = Owner::Orphaned;
            let decision = decide(Situation { owner, ..situation });
            assert_eq!(decision, Decision::Refuse(Refusal::UnableToLink));
        }
    }

    #[test]
    fn a_new_user_is_created_unless_sign_up_is_disabled() {
        for situation in same_address() {
            for is_sign_up_disabled in BOTH {
                let decision = decide(Situation {
                    owner: Owner::Nobody,
                    is_sign_up_disabled,
                    ..situation
                });
                let expected = if is_sign_up_disabled {
                    Decision::Refuse(Refusal::SignUpDisabled)
                } else {
                    Decision::Create
                };
                assert_eq!(decision, expected);
            }
        }
    }

    #[test]
    fn an_address_is_in_lower_case_and_no_other_letter_becomes_one_of_ascii() {
        for (email, expected) in [
            ("Ann@Example.COM", "ann@example.com"),
            ("ÄNN@example.com", "änn@example.com"),
            ("\u{212a}im@example.com", "\u{212a}im@example.com"),
            ("\u{130}m@example.com", "\u{130}m@example.com"),
        ] {
            assert_eq!(folded(email), expected);
        }
        let others = (0x80..=0x0010_ffff).filter_map(char::from_u32);
        for letter in others {
            assert!(
                !folded(&letter.to_string())
                    .chars()
                    .any(|small| small.is_ascii())
            );
        }
    }

    const SAME: Option<&str> = Some("Alice@Example.com");
    const OTHER: Option<&str> = Some("other@example.com");
    const YES: Result<(), LinkRefusal> = Ok(());
    const NOT_ALLOWED: Result<(), LinkRefusal> = Err(LinkRefusal::NotAllowed);
    const OTHER_ADDRESS: Result<(), LinkRefusal> = Err(LinkRefusal::OtherAddress);
    const OTHER_USER: Result<(), LinkRefusal> = Err(LinkRefusal::OtherUser);
    const TRUSTED: &str = r#"{"trustedProviders": ["github"]}"#;
    const OTHERS_TRUSTED: &str = r#"{"trustedProviders": ["google"]}"#;
    const DISABLED: &str = r#"{"enabled": false}"#;
    const ANY_ADDRESS: &str = r#"{"allowDifferentEmails": true}"#;
    const EXPLICIT: &str = r#"{"disableImplicitLinking": true}"#;

    /// Settings, the address of the account, whether it is verified there, whose the account is, the answer.
    type Row = (
        &'static str,
        Option<&'static str>,
        bool,
        Option<&'static str>,
        Result<(), LinkRefusal>,
    );

    const ROWS: [Row; 11] = [
        ("{}", SAME, true, None, YES),
        ("{}", SAME, true, Some("alice"), YES),
        ("{}", SAME, true, Some("bob"), OTHER_USER),
        ("{}", SAME, false, None, NOT_ALLOWED),
        (TRUSTED, SAME, false, None, YES),
        (OTHERS_TRUSTED, SAME, false, None, NOT_ALLOWED),
        (DISABLED, SAME, true, None, NOT_ALLOWED),
        ("{}", OTHER, true, None, OTHER_ADDRESS),
        ("{}", None, true, None, OTHER_ADDRESS),
        (ANY_ADDRESS, OTHER, true, None, YES),
        (EXPLICIT, SAME, true, None, YES),
    ];

    #[test]
    fn a_signed_in_user_links_by_these_rules() {
        for (rules, account_email, is_verified_there, owner, expected) in ROWS {
            let rules: AccountLinking = serde_json::from_str(rules).unwrap();
            let request = LinkRequest {
                user_id: "alice",
                email: "alice@example.com",
                account_email,
                is_verified_there,
                owner,
                provider: "github",
            };
            assert_eq!(
                may_link(&rules, &request),
                expected,
                "{rules:?} {request:?}"
            );
        }
    }
}
