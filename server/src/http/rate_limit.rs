//! Rate limits: how often one client may call one path.
//!
//! A client that is let through may call again until it has done so `max` times with less than `window` seconds
//! between any two calls; then it has to be silent for `window` seconds. A refused call changes nothing. This is
//! better-auth's way of counting, in the same table.
//!
//! Calls are counted by client and path. A path that is no endpoint has no count of its own, or whoever invents
//! paths could fill the memory; neither has each value of a parameter, or whoever guesses tokens would never be
//! slowed down.

mod memory;
mod rules;
mod store;

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use authbackend_crds::auth::{AuthSettings, RateLimitStorage};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use warp::{
    http::{HeaderMap, HeaderValue, StatusCode},
    reply::Response,
};

use super::reply;
use crate::{
    app::App,
    db::DbError,
    secondary::{SecondaryError, Storage},
};
use memory::Memory;
use rules::Rules;
pub use rules::{InvalidRule, PathRule, Rule};

/// Stands for the address of all clients whose address is not known.
const NO_ADDRESS: &str = "no-trusted-ip";

/// How often a cause of concern is logged, in milliseconds: it may come with every request.
const LOG_INTERVAL: i64 = 60_000;

/// How often rows that count nothing any more are removed.
const PRUNE_INTERVAL: Duration = Duration::from_mins(1);

/// Limits requests.
pub struct RateLimiter {
    rules: Rules,
    counts: Counts,
    /// Requests whose client is not known are not limited: nobody wants it known.
    ignores_unknown: bool,
    unknown_clients: Concern,
    failures: Concern,
}

/// Where requests are counted. What others share has a memory beside it, for while it does not answer.
enum Counts {
    Memory(Memory),
    Database(Memory),
    Secondary(Arc<Storage>, Memory),
}

/// What is decided about a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Decision {
    Allowed,
    /// Until so many milliseconds have passed.
    Refused(i64),
}

impl RateLimiter {
    /// As the settings say, or none where they switch it off. `plugins` holds the rules of plugins; `secondary` is where
    /// requests are counted if the settings want them counted there.
    ///
    /// # Errors
    /// A pattern cannot be used.
    pub fn new(
        settings: &AuthSettings,
        plugins: &[PathRule],
        secondary: Option<&Arc<Storage>>,
    ) -> Result<Option<Self>, InvalidRule> {
        let own = settings.rate_limit();
        if !own.enabled() {
            return Ok(None);
        }
        let rules = Rules::new(&own, plugins)?;
        let memory = Memory::new(rules.longest_window());
        let counts = match (settings.rate_limit_storage(), secondary) {
            (RateLimitStorage::Database, _) => Counts::Database(memory),
            (RateLimitStorage::SecondaryStorage, Some(secondary)) => {
                Counts::Secondary(Arc::clone(secondary), memory)
            }
            // Settings that name a storage that is not there are refused before.
            (RateLimitStorage::Memory | RateLimitStorage::SecondaryStorage, _) => {
                Counts::Memory(memory)
            }
        };
        let advanced = settings.advanced();
        let address = advanced.ip_address.as_ref();
        Ok(Some(Self {
            rules,
            counts,
            ignores_unknown: address
                .and_then(|address| address.disable_ip_tracking)
                .unwrap_or(false),
            unknown_clients: Concern::default(),
            failures: Concern::default(),
        }))
    }

    /// Whether [`RateLimiter::check`] never waits for anything.
    pub fn counts_at_once(&self) -> bool {
        matches!(self.counts, Counts::Memory(_))
    }

    /// Counts a request for `path` (see [`Mount::name`](super::path::Mount::name)), which is `endpoint` in the
    /// routing table if it is any. Some response is the answer: too many requests.
    pub async fn check(
        &self,
        app: &App,
        path: &str,
        endpoint: Option<&str>,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let address = app.client_ip.find(headers);
        if address.is_none() && self.ignores_unknown {
            return None;
        }
        let rule = self.rules.find(path)?;
        let now = app.clock.unix_milliseconds();
        if address.is_none() && self.unknown_clients.is_to_be_told(now) {
            tracing::warn!(
                "requests come without the address of their client, and share one rate limit: name the header that \
                 your proxy sets in advanced.ipAddress.ipAddressHeaders, and the proxy in trustedProxies"
            );
        }
        let address = address.as_deref().unwrap_or(NO_ADDRESS);
        let key = endpoint.map_or_else(
            || format!("{address}|* {}/{}", rule.max, rule.window),
            |endpoint| format!("{address}|{endpoint}"),
        );
        match self.count(app, &key, rule, now).await {
            Decision::Allowed => None,
            Decision::Refused(wait) => Some(refusal(wait, rule)),
        }
    }

    async fn count(&self, app: &App, key: &str, rule: Rule, now: i64) -> Decision {
        // On the heap, and so are the rows: what most requests do not wait for makes none of them larger.
        let (counted, memory) = match &self.counts {
            Counts::Memory(memory) => return memory.count(key, rule, now),
            Counts::Database(memory) => {
                let counted = Box::pin(count_in_database(app, key, rule, now));
                (counted.await.map_err(Box::from), memory)
            }
            Counts::Secondary(storage, memory) => {
                let counted = Box::pin(count_in(storage, key, rule));
                (counted.await.map_err(Box::from), memory)
            }
        };
        counted.unwrap_or_else(|error: Box<dyn Error + Send + Sync>| {
            // Passwords can be guessed without a session: this server alone counts until it is back.
            if self.failures.is_to_be_told(now) {
                tracing::error!(%error, "requests are counted by each server for itself");
            }
            memory.count(key, rule, now)
        })
    }

    /// Removes rows that count nothing any more, until `stop`.
    pub async fn prune(&self, app: &App, stop: &CancellationToken) {
        if !matches!(self.counts, Counts::Database(_)) {
            return;
        }
        let mut ticks = interval(PRUNE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let pruned = async {
                let before = app.clock.unix_milliseconds() - self.rules.longest_window();
                let mut db = app.db.get().await?;
                Ok::<_, DbError>(store::prune(&mut db, before).await?)
            };
            match pruned.await {
                Ok(count) => tracing::debug!(count, "rows of rate limits removed"),
                Err(error) => tracing::warn!(%error, "rows of rate limits cannot be removed"),
            }
        }
    }
}

async fn count_in_database(
    app: &App,
    key: &str,
    rule: Rule,
    now: i64,
) -> Result<Decision, DbError> {
    let mut db = app.db.get().await?;
    Ok(store::count(&mut db, app.new_id(), key, rule, now).await?)
}

/// Counts as better-auth does in a secondary storage: a window begins with its first request, and ends whatever comes
/// meanwhile.
async fn count_in(storage: &Storage, key: &str, rule: Rule) -> Result<Decision, SecondaryError> {
    let count = storage.increment(key, rule.window).await?;
    Ok(if count <= i64::from(rule.max) {
        Decision::Allowed
    } else {
        Decision::Refused(rule.milliseconds())
    })
}

/// 429 as better-auth answers it: without a code, and with a header of its own in place of `Retry-After`.
fn refusal(wait: i64, rule: Rule) -> Response {
    let body = serde_json::json!({ "message": "Too many requests. Please try again later." });
    let mut response = reply::json(StatusCode::TOO_MANY_REQUESTS, &body);
    // Clocks of replicas may differ; nobody has to wait longer than the window.
    let seconds = (wait.max(1) + 999) / 1000;
    let seconds = seconds.min(i64::from(rule.window));
    response
        .headers_mut()
        .insert("x-retry-after", HeaderValue::from(seconds));
    response
}

/// Something that deserves a line in the log, but not with every request.
struct Concern(AtomicI64);

impl Default for Concern {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Concern {
    /// Whether it is time for a line, at `now` in milliseconds; says so once per interval.
    fn is_to_be_told(&self, now: i64) -> bool {
        let next = self.0.load(Ordering::Relaxed);
        now >= next
            && self
                .0
                .compare_exchange(
                    next,
                    now.saturating_add(LOG_INTERVAL),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concern_is_told_once_a_minute() {
        let concern = Concern::default();
        let told: Vec<_> = [0, 1, 59_999, 60_000, 60_001]
            .map(|now| concern.is_to_be_told(now))
            .into();
        assert_eq!(told, [true, false, false, true, false]);
    }

    #[test]
    fn a_refusal_names_whole_seconds_up_to_the_window() {
        let rule = Rule { window: 10, max: 3 };
        for (wait, expected) in [
            (10_000, "10"),
            (9001, "10"),
            (9000, "9"),
            (1, "1"),
            (99_000, "10"),
        ] {
            let response = refusal(wait, rule);
            assert_eq!(response.headers()["x-retry-after"], expected, "{wait}");
        }
    }
}
