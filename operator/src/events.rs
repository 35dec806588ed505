//! Kubernetes events about an `AuthBackend`.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};

use crate::metrics::Metrics;
use crate::names;
use crate::reconcile::plan::{EventType as PlannedType, PlannedEvent};

/// Longest note that the API accepts, in bytes.
const LONGEST_NOTE: usize = 1024;

/// Publishes events. Copies share what was published, so that repetitions are counted in one event.
#[derive(Clone)]
pub struct Publisher {
    recorder: Recorder,
    metrics: Metrics,
}

impl Publisher {
    /// Publishes in the name of the process `instance` (its pod).
    pub fn new(client: Client, instance: &str, metrics: Metrics) -> Self {
        let reporter = Reporter {
            controller: names::MANAGER.to_owned(),
            instance: Some(instance.to_owned()),
        };
        Self {
            recorder: Recorder::new(client, reporter),
            metrics,
        }
    }

    /// Publishes `event` about the object `about`. An event is news, not state: one that cannot be published is counted
    /// and does not stop the reconcile.
    pub async fn publish(&self, event: &PlannedEvent, about: &ObjectReference) {
        let mut note = event.note.clone();
        note.truncate(note.floor_char_boundary(LONGEST_NOTE));
        let event = Event {
            type_: match event.type_ {
                PlannedType::Normal => EventType::Normal,
                PlannedType::Warning => EventType::Warning,
            },
            reason: event.reason.clone(),
            note: Some(note),
            action: event.action.clone(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&event, about).await {
            self.metrics.event_dropped();
            tracing::warn!(reason = event.reason, %error, "cannot publish an event");
        }
    }
}
