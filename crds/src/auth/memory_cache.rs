//! Copies of sessions in the memory of each server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::{Problem, check_range};

const MAX_ENTRIES: std::ops::RangeInclusive<u32> = 1..=10_000_000;
const MAX_BYTES: std::ops::RangeInclusive<u32> = 1_048_576..=2_147_483_647;
const MAX_AGE: std::ops::RangeInclusive<u32> = 1..=86_400;

/// Copies of sessions and their users in the memory of each server, which spare the database the questions of requests
/// that only read. The database tells every server of each change (triggers that `migrate` makes, and NOTIFY), whoever
/// makes it; while that is not proven to work, nothing is answered from memory. Needs connections that listen: none
/// through a pooler in transaction mode.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryCache {
    /// Keep copies. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Most sessions that each server keeps, 1 to 10000000. Default: 100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_entries: Option<u32>,

    /// Most bytes that they take in each server, about, 1048576 (1 MiB) to 2147483647 (2 GiB). Default: 67108864 (64 MiB).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1_048_576, max = 2_147_483_647))]
    pub max_bytes: Option<u32>,

    /// Seconds after which a copy is read anew although nothing is known to have changed, 1 to 86400. Default: 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86_400))]
    pub max_age: Option<u32>,
}

impl MemoryCache {
    /// Whether copies are kept.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }

    /// Most sessions that each server keeps.
    pub fn max_entries(&self) -> u32 {
        self.max_entries.unwrap_or(100_000)
    }

    /// Most bytes that they take, about.
    pub fn max_bytes(&self) -> u32 {
        self.max_bytes.unwrap_or(64 * 1_048_576)
    }

    /// Seconds after which a copy is read anew.
    pub fn max_age(&self) -> u32 {
        self.max_age.unwrap_or(300)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(
            problems,
            "session.memoryCache.maxEntries",
            self.max_entries,
            MAX_ENTRIES,
        );
        check_range(
            problems,
            "session.memoryCache.maxBytes",
            self.max_bytes,
            MAX_BYTES,
        );
        check_range(
            problems,
            "session.memoryCache.maxAge",
            self.max_age,
            MAX_AGE,
        );
    }
}
