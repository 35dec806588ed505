//! Waiting for what the cluster does by itself.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(250);

/// What a look found.
pub enum Look<T> {
    /// What was waited for.
    Done(T),
    /// Not yet; what there is instead, for the message when the time is up.
    NotYet(String),
}

/// Looks until there is what was waited for. Fails after `limit`, or at once when a look fails.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<Look<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let seen = match look().with_context(|| format!("waiting for {what}"))? {
            Look::Done(found) => return Ok(found),
            Look::NotYet(seen) => seen,
        };
        if start.elapsed() > limit {
            bail!("no {what} within {} s; instead: {seen}", limit.as_secs());
        }
        thread::sleep(INTERVAL);
    }
}

/// Looks for the length of `span` and fails as soon as what must hold does not.
pub fn throughout(
    what: &str,
    span: Duration,
    mut holds: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < span {
        if !holds()? {
            bail!("not {what} throughout {} s", span.as_secs());
        }
        thread::sleep(INTERVAL);
    }
    Ok(())
}
