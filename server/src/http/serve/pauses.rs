//! How long a connection has been without a request.
//!
//! hyper would set a timer for the head of every request and take it back once it has been read, in a table of timers that
//! all threads share. Here one timer per connection looks now and then whether the pause has become too long.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// While a request is answered.
const NONE: u64 = u64::MAX;

/// When the pause of a connection began, if there is one.
pub(super) struct Pauses {
    opened: Instant,
    /// Microseconds after `opened`.
    since: AtomicU64,
}

impl Pauses {
    /// A connection that was opened now, and waits for its first request.
    pub(super) fn new() -> Self {
        Self {
            opened: Instant::now(),
            since: AtomicU64::new(0),
        }
    }

    /// A request has come.
    pub(super) fn end(&self) {
        self.since.store(NONE, Relaxed);
    }

    /// A request has been answered, at `now`.
    pub(super) fn begin(&self, now: Instant) {
        let since = now.saturating_duration_since(self.opened).as_micros();
        self.since
            .store(u64::try_from(since).unwrap_or(NONE), Relaxed);
    }

    /// Returns once a pause has lasted for `limit`.
    pub(super) async fn longer_than(&self, limit: Duration) {
        loop {
            let due = match self.since.load(Relaxed) {
                NONE => Instant::now() + limit,
                since => self.opened + Duration::from_micros(since) + limit,
            };
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(75);
    const SECOND: Duration = Duration::from_secs(1);

    /// Seconds until a pause was too long, if that is before `most`.
    async fn waits(pauses: &Pauses, most: u64) -> Option<u64> {
        let begin = Instant::now();
        let waited = timeout(
            SECOND * u32::try_from(most).unwrap(),
            pauses.longer_than(LIMIT),
        );
        waited.await.ok().map(|()| begin.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_has_the_limit() {
        assert_eq!(waits(&Pauses::new(), 1000).await, Some(75));
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_counts_from_the_last_answer() {
        let pauses = Pauses::new();
        advance(SECOND * 50).await;
        pauses.end();
        advance(SECOND * 20).await;
        pauses.begin(Instant::now());
        assert_eq!(waits(&pauses, 1000).await, Some(75));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_longer() {
        let pauses = Pauses::new();
        pauses.end();
        assert_eq!(waits(&pauses, 1000).await, None);
    }
}
