//! Which pages of other origins may read answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::{Problem, check_range};

/// Firefox keeps the answer to a preflight no longer than a day.
const MAX_AGE_SECONDS: u32 = 86_400;

/// Cross-origin resource sharing (CORS) with the trusted origins: whether browsers let their pages call the API. Switch
/// it off where a proxy in front of the server answers preflights itself.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cors {
    /// Let pages of `trustedOrigins` call the API with cookies. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Seconds for which browsers need not ask again, 0 to 86400. Default: 7200, the most that Chromium keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 86_400))]
    pub max_age: Option<u32>,
}

impl Cors {
    /// Whether pages of trusted origins may call the API.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// Seconds for which browsers need not ask again.
    pub fn max_age(&self) -> u32 {
        self.max_age.unwrap_or(7200)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(problems, "cors.maxAge", self.max_age, 0..=MAX_AGE_SECONDS);
    }
}
