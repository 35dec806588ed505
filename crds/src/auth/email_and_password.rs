//! Sign-up and sign-in with an email address and a password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    email_verification::MAX_LINK_LIFETIME_SECONDS,
    problem::{Problem, check_range},
};

/// Sign-up and sign-in with an email address and a password.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailAndPassword {
    /// Offer sign-up and sign-in by password. Default: true (better-auth: false, since there it is one of
    /// many things to switch on in code; here a resource without settings should be usable).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Refuse new users while existing ones sign in. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_sign_up: Option<bool>,

    /// Sign a new user in at once. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_sign_in: Option<bool>,

    /// Sign users in only once their email address is verified; sign-up opens no session and does not tell whether
    /// an address is known. Needs `mail`, or another way to verify addresses. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_email_verification: Option<bool>,

    /// When somebody signs up with the address of an existing user and is not told so, tell that user by mail.
    /// Needs `mail`. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_existing_user_sign_up: Option<bool>,

    /// Lifetime of the link to choose a new password in seconds, 60 to 2592000 (30 days). Default: 3600 (1 hour).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 60, max = 2_592_000))]
    pub reset_password_token_expires_in: Option<u32>,

    /// End every session of a user who has chosen a new password by mail. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke_sessions_on_password_reset: Option<bool>,

    /// Shortest password in UTF-16 code units, 1 to 1024. Default: 8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub min_password_length: Option<u32>,

    /// Longest password in UTF-16 code units, 1 to 1024. Default: 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub max_password_length: Option<u32>,

    /// How passwords are hashed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHashing>,
}

/// How passwords are hashed. Hashes of both algorithms always verify.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordHashing {
    /// Algorithm of new hashes. `scrypt` is better-auth's own: for a database that better-auth uses too.
    /// Default: argon2id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<HashAlgorithm>,

    /// At sign-in, replace a hash of another algorithm or of other parameters by one of `hash`. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehash_on_sign_in: Option<bool>,

    /// Cost of argon2id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argon2id: Option<Argon2id>,

    /// Hashes computed at the same time, 1 to 256; further ones wait. Default: the number of cores that the
    /// server may use. With a CPU limit, one less than its cores leaves one to requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 256))]
    pub max_concurrent: Option<u32>,
}

/// Algorithm of new hashes. `scrypt` is better-auth's own: for a database that better-auth uses too.
/// Default: argon2id.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HashAlgorithm {
    /// Argon2id in PHC string format (RFC 9106).
    #[default]
    Argon2id,
    /// better-auth's scrypt format.
    Scrypt,
}

/// Cost of argon2id. The defaults are OWASP's recommendation (Password Storage Cheat Sheet).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Argon2id {
    /// Memory in KiB, 8192 to 1048576. Default: 19456 (19 MiB).
    #[serde(rename = "memoryKiB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8192, max = 1_048_576))]
    pub memory_kib: Option<u32>,

    /// Passes over the memory, 1 to 32. Default: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 32))]
    pub iterations: Option<u32>,

    /// Lanes, 1 to 16. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16))]
    pub parallelism: Option<u32>,
}

impl EmailAndPassword {
    /// Whether sign-up and sign-in by password are offered.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// Whether new users are refused.
    pub fn disable_sign_up(&self) -> bool {
        self.disable_sign_up.unwrap_or(false)
    }

    /// Whether sign-up opens a session.
    pub fn auto_sign_in(&self) -> bool {
        self.auto_sign_in.unwrap_or(true)
    }

    /// Whether users have to verify their email address before they sign in.
    pub fn require_email_verification(&self) -> bool {
        self.require_email_verification.unwrap_or(false)
    }

    /// Whether a user is told of a sign-up with their address.
    pub fn on_existing_user_sign_up(&self) -> bool {
        self.on_existing_user_sign_up.unwrap_or(false)
    }

    /// Lifetime of the link to choose a new password in seconds.
    pub fn reset_password_token_expires_in(&self) -> u32 {
        self.reset_password_token_expires_in.unwrap_or(3600)
    }

    /// Whether a password chosen by mail ends every session of its user.
    pub fn revoke_sessions_on_password_reset(&self) -> bool {
        self.revoke_sessions_on_password_reset.unwrap_or(false)
    }

    /// Shortest password in UTF-16 code units.
    pub fn min_password_length(&self) -> u32 {
        self.min_password_length.unwrap_or(8)
    }

    /// Longest password in UTF-16 code units.
    pub fn max_password_length(&self) -> u32 {
        self.max_password_length.unwrap_or(128)
    }

    /// Hashing, with defaults where nothing is set.
    pub fn password(&self) -> PasswordHashing {
        self.password.clone().unwrap_or_default()
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        let path = |field: &str| format!("emailAndPassword.{field}");
        check_range(
            problems,
            &path("resetPasswordTokenExpiresIn"),
            self.reset_password_token_expires_in,
            60..=MAX_LINK_LIFETIME_SECONDS,
        );
        check_range(
            problems,
            &path("minPasswordLength"),
            self.min_password_length,
            1..=1024,
        );
        check_range(
            problems,
            &path("maxPasswordLength"),
            self.max_password_length,
            1..=1024,
        );
        if self.min_password_length() > self.max_password_length() {
            problems.push(Problem::new(
                path("minPasswordLength"),
                format!(
                    "is {}, must not be above maxPasswordLength, which is {}",
                    self.min_password_length(),
                    self.max_password_length()
                ),
            ));
        }
        let password = self.password();
        check_range(
            problems,
            &path("password.maxConcurrent"),
            password.max_concurrent,
            1..=256,
        );
        let cost = password.argon2id();
        let path = |field: &str| format!("emailAndPassword.password.argon2id.{field}");
        check_range(
            problems,
            &path("memoryKiB"),
            cost.memory_kib,
            8192..=1_048_576,
        );
        check_range(problems, &path("iterations"), cost.iterations, 1..=32);
        check_range(problems, &path("parallelism"), cost.parallelism, 1..=16);
    }
}

impl PasswordHashing {
    /// Algorithm of new hashes.
    pub fn hash(&self) -> HashAlgorithm {
        self.hash.unwrap_or_default()
    }

    /// Whether sign-in replaces outdated hashes.
    pub fn rehash_on_sign_in(&self) -> bool {
        self.rehash_on_sign_in.unwrap_or(true)
    }

    /// Cost of argon2id, with defaults where nothing is set.
    pub fn argon2id(&self) -> Argon2id {
        self.argon2id.clone().unwrap_or_default()
    }
}

impl Argon2id {
    /// Memory in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib.unwrap_or(19_456)
    }

    /// Passes over the memory.
    pub fn iterations(&self) -> u32 {
        self.iterations.unwrap_or(2)
    }

    /// Lanes.
    pub fn parallelism(&self) -> u32 {
        self.parallelism.unwrap_or(1)
    }
}
