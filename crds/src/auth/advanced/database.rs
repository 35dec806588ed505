//! The ids and dates of the tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::problem::Problem;

/// The ids and dates of the tables.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseOptions {
    /// `uuid` or `serial` where ids are not texts of 32 characters. Tables that exist have to be of that kind already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_id: Option<GenerateId>,

    /// Time zone of dates that were stored without one, as better-auth did before 1.3: that of the Node process, for
    /// example `Europe/Berlin`. Such columns get a time zone when the tables are taken over. Default: `UTC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_+/-]+$"))]
    pub legacy_time_zone: Option<String>,
}

/// What ids are made of.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GenerateId {
    /// Version 4 UUIDs.
    Uuid,
    /// Numbers that the database counts.
    Serial,
}

impl DatabaseOptions {
    /// Time zone of dates that were stored without one.
    pub fn legacy_time_zone(&self) -> &str {
        self.legacy_time_zone.as_deref().unwrap_or("UTC")
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        let is_name = |zone: &str| {
            !zone.is_empty()
                && zone
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_+/-".contains(c))
        };
        if self
            .legacy_time_zone
            .as_deref()
            .is_some_and(|zone| !is_name(zone))
        {
            problems.push(Problem::new(
                "advanced.database.legacyTimeZone",
                "must be a time zone such as Europe/Berlin",
            ));
        }
    }
}
