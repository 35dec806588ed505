//! Exports that fail: told rarely, and never more than a line.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

/// Shortest time between two lines about failures that go on.
const INTERVAL: Duration = Duration::from_mins(10);

/// Why the last export failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cause(Arc<Mutex<String>>);

impl Cause {
    pub(crate) fn set(&self, cause: &dyn fmt::Display) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cause.to_string();
    }

    fn get(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// An exporter whose failures are told.
#[derive(Debug)]
pub(crate) struct Watched<E> {
    exporter: E,
    cause: Cause,
    state: Mutex<State>,
}

impl<E> Watched<E> {
    /// `cause` says why `exporter` failed.
    pub(crate) fn new(exporter: E, cause: Cause) -> Self {
        Self {
            exporter,
            cause,
            state: Mutex::default(),
        }
    }

    fn tell(&self, is_exported: bool, spans: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let news = if is_exported {
            state.succeeded()
        } else {
            state.failed(Instant::now(), spans)
        };
        drop(state);
        match news {
            Some(News::Failing { lost }) => {
                let cause = self.cause.get();
                tracing::warn!(cause, lost_spans = lost, "traces cannot be exported");
            }
            Some(News::Recovered) => tracing::info!("traces are exported again"),
            None => {}
        }
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let result = self.exporter.export(batch).await;
        self.tell(result.is_ok(), spans);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// What is worth a line.
#[derive(Debug, Eq, PartialEq)]
enum News {
    /// Spans were lost, so many since the last line.
    Failing { lost: u64 },
    /// The first success after a failure.
    Recovered,
}

#[derive(Debug, Default)]
struct State {
    lost: u64,
    told: Option<Instant>,
}

impl State {
    fn failed(&mut self, now: Instant, spans: u64) -> Option<News> {
        self.lost += spans;
        let is_due = self
            .told
            .is_none_or(|told| now.saturating_duration_since(told) >= INTERVAL);
        is_due.then(|| {
            self.told = Some(now);
            News::Failing {
                lost: std::mem::take(&mut self.lost),
            }
        })
    }

    fn succeeded(&mut self) -> Option<News> {
        self.lost = 0;
        self.told.take().map(|_| News::Recovered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_go_on_are_told_at_intervals_with_all_that_was_lost() {
        let start = Instant::now();
        let mut state = State::default();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(state.failed(after(0), 3), Some(News::Failing { lost: 3 }));
        assert_eq!(state.failed(after(5), 2), None);
        assert_eq!(state.failed(after(599), 2), None);
        assert_eq!(state.failed(after(600), 1), Some(News::Failing { lost: 5 }));
    }

    #[test]
    fn a_recovery_is_told_once() {
        let mut state = State::default();
        assert_eq!(state.succeeded(), None);
        state.failed(Instant::now(), 1);
        assert_eq!(state.succeeded(), Some(News::Recovered));
        assert_eq!(state.succeeded(), None);
    }
}
