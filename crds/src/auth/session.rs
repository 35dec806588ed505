//! Lifetime and refresh of sessions.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AdditionalFields, ColumnNames,
    cookie_cache::CookieCache,
    memory_cache::MemoryCache,
    problem::{Problem, check_range},
};

/// Browsers keep no cookie longer than 400 days (RFC 6265bis, section 5.5), so neither does a session last longer.
const MAX_LIFETIME_SECONDS: u32 = 400 * 86_400;

/// Lifetime and refresh of sessions.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Lifetime of a session in seconds, 60 to 34560000 (400 days). Default: 604800 (7 days).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 60, max = 34_560_000))]
    pub expires_in: Option<u32>,

    /// A session is extended once it is older than this many seconds, 0 to 34560000. Default: 86400 (1 day).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 34_560_000))]
    pub update_age: Option<u32>,

    /// For this many seconds after sign-in a session counts as fresh, 0 to 34560000; 0 switches the check off.
    /// Default: 86400 (1 day).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 34_560_000))]
    pub fresh_age: Option<u32>,

    /// Never extend a session. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_session_refresh: Option<bool>,

    /// Let `GET /get-session` write nothing: it says by `needsRefresh` whether the client should extend its session
    /// by `POST /get-session`. For databases whose replicas answer GET requests. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defer_session_refresh: Option<bool>,

    /// Leave sessions in the database when they have ended; otherwise they are removed an hour later. One that is presented
    /// after its end is removed in either case. Default: false; true with `preserveSessionInDatabase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_cleanup: Option<bool>,

    /// A copy of the session in a cookie, which spares the database most of its questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie_cache: Option<CookieCache>,

    /// Copies of sessions in the memory of each server, which the database keeps true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_cache: Option<MemoryCache>,

    /// With `secondaryStorage`: keep sessions in the database too, which is asked for those that the secondary storage
    /// does not have. Default: false, sessions are in the secondary storage alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_session_in_database: Option<bool>,

    /// With `storeSessionInDatabase`: leave the rows of sessions that were ended, as a record of who was signed in, with
    /// when they were ended in `expiresAt`. The database is then not asked for sessions. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preserve_session_in_database: Option<bool>,

    /// Name of the table. Default: `session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub model_name: Option<String>,

    /// Names of the columns that are not called as better-auth calls them, for example `userId: user_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ColumnNames>,

    /// Fields that sessions have besides better-auth's own, by the name that clients know them by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_fields: Option<AdditionalFields>,
}

impl Session {
    /// Lifetime of a session in seconds.
    pub fn expires_in(&self) -> u32 {
        self.expires_in.unwrap_or(604_800)
    }

    /// Age in seconds from which on a session is extended.
    pub fn update_age(&self) -> u32 {
        self.update_age.unwrap_or(86_400)
    }

    /// Seconds after sign-in for which a session counts as fresh; 0 means always.
    pub fn fresh_age(&self) -> u32 {
        self.fresh_age.unwrap_or(86_400)
    }

    /// Whether sessions are never extended.
    pub fn disable_session_refresh(&self) -> bool {
        self.disable_session_refresh.unwrap_or(false)
    }

    /// Whether sessions are extended by POST requests only.
    pub fn defer_session_refresh(&self) -> bool {
        self.defer_session_refresh.unwrap_or(false)
    }

    /// Whether sessions stay in the database when they have ended.
    pub fn disable_cleanup(&self) -> bool {
        self.disable_cleanup
            .unwrap_or(self.preserve_session_in_database())
    }

    /// The copy of the session in a cookie, with defaults where nothing is set.
    pub fn cookie_cache(&self) -> Cow<'_, CookieCache> {
        self.cookie_cache
            .as_ref()
            .map(Cow::Borrowed)
            .unwrap_or_default()
    }

    /// Whether the rows of sessions that were ended stay.
    pub fn preserve_session_in_database(&self) -> bool {
        self.preserve_session_in_database.unwrap_or(false)
    }

    /// The copies in the memory of each server, with defaults where nothing is set.
    pub fn memory_cache(&self) -> MemoryCache {
        self.memory_cache.clone().unwrap_or_default()
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(
            problems,
            "session.expiresIn",
            self.expires_in,
            60..=MAX_LIFETIME_SECONDS,
        );
        check_range(
            problems,
            "session.updateAge",
            self.update_age,
            0..=MAX_LIFETIME_SECONDS,
        );
        check_range(
            problems,
            "session.freshAge",
            self.fresh_age,
            0..=MAX_LIFETIME_SECONDS,
        );
        check_range(
            problems,
            "session.cookieCache.maxAge",
            self.cookie_cache.as_ref().and_then(|cache| cache.max_age),
            1..=MAX_LIFETIME_SECONDS,
        );
        if let Some(cache) = &self.memory_cache {
            cache.validate(problems);
        }
    }
}
