//! Events: one for each transition, told by comparing the status before and after.

use authbackend_crds::v1alpha1::{AuthBackendStatus, MigrationPhase};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::types::{EventType, PlannedEvent};
use crate::reconcile::conditions::{self, Type};
use crate::reconcile::reason::Reason;

/// Events of the way from `before` to `after`.
pub fn events(before: &AuthBackendStatus, after: &AuthBackendStatus) -> Vec<PlannedEvent> {
    [
        migration(before, after),
        contract(before, after),
        readiness(before, after),
        availability(before, after),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn event(type_: EventType, reason: &str, action: &str, note: impl AsRef<str>) -> PlannedEvent {
    PlannedEvent {
        type_,
        reason: reason.to_owned(),
        action: action.to_owned(),
        note: conditions::message(note.as_ref()),
    }
}

fn migration(before: &AuthBackendStatus, after: &AuthBackendStatus) -> Option<PlannedEvent> {
    let key = |status: &AuthBackendStatus| {
        status
            .migration
            .as_ref()
            .map(|migration| (migration.hash.clone(), migration.phase))
    };
    let migration = after.migration.as_ref()?;
    if key(before) == key(after) {
        return None;
    }
    let image = &migration.image;
    let (reason, note) = match migration.phase {
        MigrationPhase::Running => {
            let note = format!("Job {} brings the schema up to {image}", migration.job);
            ("MigrationStarted", note)
        }
        // Without a start nothing ran: the spec went back to what serves.
        MigrationPhase::Succeeded if migration.started_at.is_some() => (
            "MigrationSucceeded",
            format!("the schema is what {image} needs"),
        ),
        // A failure is announced with the condition that says why.
        MigrationPhase::Pending
        | MigrationPhase::Planning
        | MigrationPhase::AwaitingApproval
        | MigrationPhase::Succeeded
        | MigrationPhase::Failed
        | MigrationPhase::RolledBack => return None,
    };
    Some(event(EventType::Normal, reason, "Migrate", note))
}

fn contract(before: &AuthBackendStatus, after: &AuthBackendStatus) -> Option<PlannedEvent> {
    let key = |status: &AuthBackendStatus| {
        let contract = status.contract.as_ref();
        contract.map(|contract| (contract.hash.clone(), contract.phase))
    };
    let contract = after.contract.as_ref()?;
    if key(before) == key(after) {
        return None;
    }
    let job = &contract.job;
    let (type_, reason, note) = match contract.phase {
        MigrationPhase::AwaitingApproval => (
            EventType::Normal,
            "ContractPending",
            "what earlier versions use can be removed from the schema; see status.contract"
                .to_owned(),
        ),
        MigrationPhase::Running => (
            EventType::Normal,
            "ContractStarted",
            format!("Job {job} removes what earlier versions use from the schema"),
        ),
        MigrationPhase::Succeeded => (
            EventType::Normal,
            "ContractSucceeded",
            "what earlier versions use was removed from the schema".to_owned(),
        ),
        MigrationPhase::Failed => {
            let said = contract.message.as_deref().unwrap_or_default();
            let note = format!("Job {job} failed: {said}");
            (EventType::Warning, "ContractFailed", note)
        }
        MigrationPhase::Pending | MigrationPhase::Planning | MigrationPhase::RolledBack => {
            return None;
        }
    };
    Some(event(type_, reason, "Contract", note))
}

/// The reasons of `Ready` that are worth an event; the others are steps on the way.
fn readiness(before: &AuthBackendStatus, after: &AuthBackendStatus) -> Option<PlannedEvent> {
    let [before, after] = [before, after].map(|status| of_type(status, Type::Ready));
    let after = after?;
    if before.is_some_and(|before| before.reason == after.reason && before.status == after.status) {
        return None;
    }
    let stalls = [
        Reason::InvalidSpec,
        Reason::InvalidDatabaseUrl,
        Reason::DatabaseConflict,
        Reason::MigrationFailed,
        Reason::DowngradeRefused,
        Reason::RolloutFailed,
        Reason::MissingApi,
        Reason::RouteRefused,
        Reason::WaitingForSecret,
        Reason::SecretLost,
        Reason::PodFailing,
    ];
    let is = |reason: &Reason| reason.as_str() == after.reason;
    let (type_, reason) = if is(&Reason::Hibernated) {
        (EventType::Normal, after.reason.as_str())
    } else if after.status == "True" {
        (EventType::Normal, "Ready")
    } else if stalls.iter().any(is) {
        (EventType::Warning, after.reason.as_str())
    } else if is(&Reason::Suspended) || is(&Reason::AwaitingApproval) {
        (EventType::Normal, after.reason.as_str())
    } else {
        return None;
    };
    Some(event(type_, reason, "Reconcile", &after.message))
}

fn availability(before: &AuthBackendStatus, after: &AuthBackendStatus) -> Option<PlannedEvent> {
    let [before, after] = [before, after].map(|status| of_type(status, Type::Available));
    let after = after?;
    let was = before.is_some_and(|before| before.status == "True");
    let (type_, reason) = match (was, after.status == "True") {
        (false, true) => (EventType::Normal, "Available"),
        (true, false) if after.reason == Reason::ScaledToZero.as_str() => {
            (EventType::Normal, "ScaledToZero")
        }
        (true, false) => (EventType::Warning, "Unavailable"),
        (false, false) | (true, true) => return None,
    };
    Some(event(type_, reason, "Serve", &after.message))
}

fn of_type(status: &AuthBackendStatus, type_: Type) -> Option<&Condition> {
    conditions::find(&status.conditions, type_.as_str())
}
