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
        readiness(before, after),
        availability(before, after),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn event(
    type_: EventType,
    reason: &str,
    action: &str,
    note: impl AsRef<str>,
) -> Option<PlannedEvent> {
    Some(PlannedEvent {
        type_,
        reason: reason.to_owned(),
        action: action.to_owned(),
        note: conditions::message(note.as_ref()),
    })
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
    match migration.phase {
        MigrationPhase::Pending => None,
        MigrationPhase::Running => {
            let note = format!("Job {} brings the schema up to {image}", migration.job);
            event(EventType::Normal, "MigrationStarted", "Migrate", note)
        }
        // Without a start nothing ran: the spec went back to what serves.
        MigrationPhase::Succeeded if migration.started_at.is_none() => None,
        MigrationPhase::Succeeded => {
            let note = format!("the schema is what {image} needs");
            event(EventType::Normal, "MigrationSucceeded", "Migrate", note)
        }
        // The condition says why.
        MigrationPhase::Failed => None,
    }
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
        Reason::WaitingForSecret,
        Reason::PodFailing,
    ];
    let is = |reason: &Reason| reason.as_str() == after.reason;
    let (type_, reason) = if after.status == "True" {
        (EventType::Normal, "Ready")
    } else if stalls.iter().any(is) {
        (EventType::Warning, after.reason.as_str())
    } else if is(&Reason::Suspended) {
        (EventType::Normal, after.reason.as_str())
    } else {
        return None;
    };
    event(type_, reason, "Reconcile", &after.message)
}

fn availability(before: &AuthBackendStatus, after: &AuthBackendStatus) -> Option<PlannedEvent> {
    let [before, after] = [before, after].map(|status| of_type(status, Type::Available));
    let after = after?;
    let was = before.is_some_and(|before| before.status == "True");
    match (was, after.status == "True") {
        (false, true) => event(EventType::Normal, "Available", "Serve", &after.message),
        (true, false) if after.reason == Reason::ScaledToZero.as_str() => {
            event(EventType::Normal, "ScaledToZero", "Serve", &after.message)
        }
        (true, false) => event(EventType::Warning, "Unavailable", "Serve", &after.message),
        _ => None,
    }
}

fn of_type(status: &AuthBackendStatus, type_: Type) -> Option<&Condition> {
    conditions::find(&status.conditions, type_.as_str())
}
