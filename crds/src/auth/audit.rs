//! What is kept of what happened, and of messages that could not be sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::{Problem, check_range};

/// Longest time that anything is kept: ten years.
const TEN_YEARS: u32 = 315_360_000;

/// The audit log: a row for each event, in the table `authbackend_audit`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// Keep an audit log. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Seconds that a row is kept, 3600 (an hour) to 315360000 (ten years). Default: 7776000 (90 days).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 3600, max = 315_360_000))]
    pub retention: Option<u32>,
}

/// Messages that could not be sent: mails and webhooks that were given up stay in the table `authbackend_outbox`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outbox {
    /// Seconds after which a message that was given up is emptied: what remains is its kind, its times and the last
    /// error. 0 to 2592000 (30 days). Default: 86400 (a day).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_592_000))]
    pub dead_payload_retention: Option<u32>,

    /// Seconds after which it is removed altogether, 3600 (an hour) to 315360000 (ten years). Default: 2592000
    /// (30 days).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 3600, max = 315_360_000))]
    pub dead_retention: Option<u32>,
}

impl Audit {
    /// Whether there is an audit log.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }

    /// Seconds that a row is kept.
    pub fn retention(&self) -> u32 {
        self.retention.unwrap_or(7_776_000)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(
            problems,
            "audit.retention",
            self.retention,
            3600..=TEN_YEARS,
        );
    }
}

impl Outbox {
    /// Seconds after which a message that was given up is emptied.
    pub fn dead_payload_retention(&self) -> u32 {
        self.dead_payload_retention.unwrap_or(86_400)
    }

    /// Seconds after which a message that was given up is removed.
    pub fn dead_retention(&self) -> u32 {
        self.dead_retention.unwrap_or(2_592_000)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        check_range(
            problems,
            "outbox.deadPayloadRetention",
            self.dead_payload_retention,
            0..=2_592_000,
        );
        check_range(
            problems,
            "outbox.deadRetention",
            self.dead_retention,
            3600..=TEN_YEARS,
        );
    }
}
