//! How many AuthBackends are in which state.

use std::collections::HashMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// A condition in one of its states.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct ConditionLabels {
    /// Type of the condition.
    pub condition: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
}

/// The conditions of an object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Conditions(Vec<ConditionLabels>);

impl From<&[Condition]> for Conditions {
    fn from(conditions: &[Condition]) -> Self {
        let labels = conditions.iter().map(|condition| ConditionLabels {
            condition: condition.type_.clone(),
            status: condition.status.clone(),
        });
        Self(labels.collect())
    }
}

/// The conditions of all objects, so that a gauge can be moved when one of them changes.
#[derive(Debug, Default)]
pub(super) struct States(HashMap<String, Conditions>);

impl States {
    pub(super) fn set(
        &mut self,
        key: &str,
        conditions: Option<Conditions>,
        gauges: &Family<ConditionLabels, Gauge>,
    ) {
        if self.0.get(key) == conditions.as_ref() {
            return;
        }
        for labels in conditions.iter().flat_map(|new| &new.0) {
            gauges.get_or_create(labels).inc();
        }
        let old = match conditions {
            Some(new) => self.0.insert(key.to_owned(), new),
            None => self.0.remove(key),
        };
        for labels in old.iter().flat_map(|old| &old.0) {
            gauges.get_or_create(labels).dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(status: &str) -> Conditions {
        Conditions(vec![labels(status)])
    }

    fn labels(status: &str) -> ConditionLabels {
        ConditionLabels {
            condition: "Ready".to_owned(),
            status: status.to_owned(),
        }
    }

    #[test]
    fn an_object_is_counted_once_in_its_newest_state() {
        let (mut states, gauges) = (States::default(), Family::default());
        states.set("a", Some(ready("False")), &gauges);
        states.set("b", Some(ready("True")), &gauges);
        states.set("a", Some(ready("True")), &gauges);
        states.set("a", Some(ready("True")), &gauges);
        assert_eq!(gauges.get_or_create(&labels("True")).get(), 2);
        assert_eq!(gauges.get_or_create(&labels("False")).get(), 0);
    }

    #[test]
    fn an_object_that_is_gone_is_not_counted() {
        let (mut states, gauges) = (States::default(), Family::default());
        states.set("a", Some(ready("True")), &gauges);
        states.set("a", None, &gauges);
        assert_eq!(gauges.get_or_create(&labels("True")).get(), 0);
        assert!(states.0.is_empty());
    }
}
