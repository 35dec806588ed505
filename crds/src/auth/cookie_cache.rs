//! A copy of the session in a cookie.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A copy of the session in a cookie. While it lasts, a session that was revoked elsewhere is still answered by
/// `/get-session` and by endpoints that only read; those that change something ask the database.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CookieCache {
    /// Keep the copy. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Seconds for which the copy is believed, 1 to 34560000 (400 days). Default: 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 34_560_000))]
    pub max_age: Option<u32>,

    /// Form of the copy. Default: compact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<CookieCacheStrategy>,

    /// Copies of another version are not believed: change it to end all copies at once. Default: `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub version: Option<String>,
}

/// Form of the copy. Default: compact.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CookieCacheStrategy {
    /// Signed JSON: the smallest.
    #[default]
    Compact,
    /// A signed JSON Web Token, which other servers that know the secret can read.
    Jwt,
    /// An encrypted JSON Web Token, which nobody else can read.
    Jwe,
}

impl CookieCache {
    /// Whether the copy is kept.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }

    /// Seconds for which the copy is believed.
    pub fn max_age(&self) -> u32 {
        self.max_age.unwrap_or(300)
    }

    /// Form of the copy.
    pub fn strategy(&self) -> CookieCacheStrategy {
        self.strategy.unwrap_or_default()
    }

    /// The version of copies that are believed.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("1")
    }
}
