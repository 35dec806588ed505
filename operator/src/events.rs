//! Kubernetes events about an `AuthBackend`.

use std::sync::{Mutex, PoisonError};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};

use crate::metrics::Metrics;
use crate::names;
use crate::reconcile::plan::{EventType as PlannedType, PlannedEvent};

/// Longest note that the API accepts, in bytes.
const LONGEST_NOTE: usize = 1024;

/// Events after which it is forgotten which were published. The recorder keeps each whole, for six minutes or until the
/// next one comes after that, and looks through all of them for every new one.
const REMEMBERED: u32 = 256;

/// Publishes events. A repetition soon after is counted in the first one.
pub struct Publisher {
    client: Client,
    reporter: Reporter,
    recorder: Mutex<(Recorder, u32)>,
    metrics: Metrics,
}

impl Publisher {
    /// Publishes in the name of the process `instance` (its pod).
    pub fn new(client: Client, instance: &str, metrics: Metrics) -> Self {
        let reporter = Reporter {
            controller: names::MANAGER.to_owned(),
            instance: Some(instance.to_owned()),
        };
        let recorder = Recorder::new(client.clone(), reporter.clone());
        Self {
            client,
            reporter,
            recorder: Mutex::new((recorder, 0)),
            metrics,
        }
    }

    fn recorder(&self) -> Recorder {
        // Nothing in between can panic.
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        if recorder.1 == REMEMBERED {
            let new = Recorder::new(self.client.clone(), self.reporter.clone());
            *recorder = (new, 0);
        }
        recorder.1 += 1;
        recorder.0.clone()
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
        if let Err(error) = self.recorder().publish(&event, about).await {
            self.metrics.event_dropped();
            tracing::warn!(reason = event.reason, %error, "cannot publish an event");
        }
    }
}
