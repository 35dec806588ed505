//! How many AuthBackends are in which state.

use std::collections::HashMap;

use authbackend_crds::v1alpha1::AuthBackendStatus;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A condition in one of its states.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct ConditionLabels {
    /// Type of the condition.
    pub condition: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct PhaseLabel {
    phase: String,
}

/// What is counted of an object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct State {
    conditions: Vec<ConditionLabels>,
    phase: Option<PhaseLabel>,
}

impl State {
    /// One that has everything.
    pub(super) fn example() -> Self {
        Self {
            conditions: vec![ConditionLabels {
                condition: "Ready".to_owned(),
                status: "True".to_owned(),
            }],
            phase: Some(PhaseLabel {
                phase: "Succeeded".to_owned(),
            }),
        }
    }
}

impl From<&AuthBackendStatus> for State {
    fn from(status: &AuthBackendStatus) -> Self {
        let labels = status.conditions.iter().map(|condition| ConditionLabels {
            condition: condition.type_.clone(),
            status: condition.status.clone(),
        });
        let phase = status.migration.as_ref().map(|migration| PhaseLabel {
            phase: format!("{:?}", migration.phase),
        });
        Self {
            conditions: labels.collect(),
            phase,
        }
    }
}

/// The numbers of objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauges {
    conditions: Family<ConditionLabels, Gauge>,
    phases: Family<PhaseLabel, Gauge>,
}

impl Gauges {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "authbackends",
            "AuthBackends by condition and its status",
            self.conditions.clone(),
        );
        registry.register(
            "migrations",
            "AuthBackends by the phase of their newest migration",
            self.phases.clone(),
        );
    }

    fn add(&self, state: &State, number: i64) {
        for labels in &state.conditions {
            self.conditions.get_or_create(labels).inc_by(number);
        }
        if let Some(label) = &state.phase {
            self.phases.get_or_create(label).inc_by(number);
        }
    }
}

/// The states of all objects, so that gauges can be moved when one of them changes.
#[derive(Debug, Default)]
pub(super) struct States(HashMap<String, State>);

impl States {
    pub(super) fn set(&mut self, key: &str, state: Option<State>, gauges: &Gauges) {
        if self.0.get(key) == state.as_ref() {
            return;
        }
        if let Some(new) = &state {
            gauges.add(new, 1);
        }
        let old = match state {
            Some(new) => self.0.insert(key.to_owned(), new),
            None => self.0.remove(key),
        };
        if let Some(old) = &old {
            gauges.add(old, -1);
        }
    }
}

#[cfg(test)]
mod tests {
    use authbackend_crds::v1alpha1::{MigrationPhase, MigrationStatus};
    use serde_json::json;

    use super::*;

    fn state(ready: &str, phase: MigrationPhase) -> State {
        let condition = json!({
            "type": "Ready", "status": ready, "reason": "X", "message": "",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        });
        State::from(&AuthBackendStatus {
            conditions: vec![serde_json::from_value(condition).unwrap()],
            migration: Some(MigrationStatus {
                phase,
                ..MigrationStatus::default()
            }),
            ..AuthBackendStatus::default()
        })
    }

    fn ready(gauges: &Gauges, status: &str) -> i64 {
        let labels = ConditionLabels {
            condition: "Ready".to_owned(),
            status: status.to_owned(),
        };
        gauges.conditions.get_or_create(&labels).get()
    }

    fn in_phase(gauges: &Gauges, phase: &str) -> i64 {
        let label = PhaseLabel {
            phase: phase.to_owned(),
        };
        gauges.phases.get_or_create(&label).get()
    }

    #[test]
    fn an_object_is_counted_once_in_its_newest_state() {
        let (mut states, gauges) = (States::default(), Gauges::default());
        let done = || Some(state("True", MigrationPhase::Succeeded));
        states.set("a", Some(state("False", MigrationPhase::Running)), &gauges);
        states.set("b", done(), &gauges);
        states.set("a", done(), &gauges);
        states.set("a", done(), &gauges);
        assert_eq!((ready(&gauges, "True"), ready(&gauges, "False")), (2, 0));
        assert_eq!(
            (in_phase(&gauges, "Succeeded"), in_phase(&gauges, "Running")),
            (2, 0)
        );
    }

    #[test]
    fn an_object_that_is_gone_is_not_counted() {
        let (mut states, gauges) = (States::default(), Gauges::default());
        states.set("a", Some(state("True", MigrationPhase::Failed)), &gauges);
        states.set("a", None, &gauges);
        assert_eq!(
            (ready(&gauges, "True"), in_phase(&gauges, "Failed")),
            (0, 0)
        );
        assert!(states.0.is_empty());
    }
}
