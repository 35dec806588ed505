//! Conditions of the status, merged by type.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::reason::Reason;
use super::scrub::scrub;

/// Longest message, in bytes: the API allows 32768, `kubectl describe` is readable up to about this.
const LONGEST_MESSAGE: usize = 1024;

/// Types of conditions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Type {
    /// The live state equals this generation.
    Ready,
    /// Something serves now.
    Available,
    /// The schema is what the image of the spec needs.
    Migrated,
    /// The database of the spec accepts connections.
    DatabaseReachable,
    /// Something moves towards the spec.
    Progressing,
    /// As `Progressing`, for kstatus: present only while true.
    Reconciling,
    /// It needs someone, for kstatus: present only while true.
    Stalled,
}

impl Type {
    /// The condition's `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Available => "Available",
            Self::Migrated => "Migrated",
            Self::DatabaseReachable => "DatabaseReachable",
            Self::Progressing => "Progressing",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
        }
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holds {
    /// It does.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// A condition before it is merged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Its type.
    pub type_: Type,
    /// Whether it holds.
    pub holds: Holds,
    /// Why.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

/// Puts `findings` in place of the operator's conditions in `before`: a condition keeps the time of its last transition
/// while its status stays, types that `findings` lacks go, and conditions of other controllers stay.
pub fn merge(
    before: &[Condition],
    findings: &[Finding],
    generation: Option<i64>,
    now: &Time,
) -> Vec<Condition> {
    let merged = findings.iter().map(|finding| {
        let type_ = finding.type_.as_str();
        let status = finding.holds.to_string();
        let same = find(before, type_).filter(|condition| condition.status == status);
        Condition {
            type_: type_.to_owned(),
            last_transition_time: same.map_or(now, |same| &same.last_transition_time).clone(),
            status,
            reason: finding.reason.to_string(),
            message: message(&finding.message),
            observed_generation: generation,
        }
    });
    let foreign = before.iter().filter(|condition| !is_ours(&condition.type_));
    merged.chain(foreign.cloned()).collect()
}

/// The condition of a type.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// `text` fit for a status, an event or a log: no secrets, and not too long. The end of a long text is kept, because
/// that is where programs say why they ended.
pub fn message(text: &str) -> String {
    let text = scrub(text.trim());
    if text.len() <= LONGEST_MESSAGE {
        return text;
    }
    let ellipsis = '…';
    let mut start = text.len() - (LONGEST_MESSAGE - ellipsis.len_utf8());
    while !text.is_char_boundary(start) {
        start += 1;
    }
    format!("{ellipsis}{}", &text[start..])
}

fn is_ours(type_: &str) -> bool {
    [
        Type::Ready,
        Type::Available,
        Type::Migrated,
        Type::DatabaseReachable,
        Type::Progressing,
        Type::Reconciling,
        Type::Stalled,
    ]
    .iter()
    .any(|ours| ours.as_str() == type_)
}

#[cfg(test)]
mod tests;
