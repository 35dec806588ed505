//! What to do, given what is: a pure function without client, clock or randomness.

pub mod job;
pub mod pods;
mod types;

use k8s_openapi::jiff::Timestamp;

pub use types::{
    Deletion, DeletionKind, EventType, GeneratedSecret, GeneratedValue, Plan, PlannedEvent,
    Requeue, Resources,
};

use super::observed::Observed;
use crate::config::OperatorConfig;

/// Plans the next step for one AuthBackend.
pub fn plan(observed: &Observed, now: Timestamp, config: &OperatorConfig) -> Plan {
    let _ = (now, config);
    Plan {
        apply: Resources::default(),
        delete: Vec::new(),
        generate: Vec::new(),
        status: observed.auth_backend.status.clone().unwrap_or_default(),
        events: Vec::new(),
        requeue: Requeue::OnChange,
    }
}
