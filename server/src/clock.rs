//! The time of day, passed to whatever needs it so that tests decide what time it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

use time::{Duration, OffsetDateTime};

/// A source of the time of day in UTC, in whole milliseconds: the precision that better-auth writes and returns.
///
/// Clones share their state: stepping one clone of a fixed clock steps all of them.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Milliseconds since the Unix epoch.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the operating system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `now` until [`Clock::step`] moves it.
    pub fn fixed(now: OffsetDateTime) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(milliseconds(now)))))
    }

    /// The current time in UTC, cut to whole milliseconds.
    pub fn now(&self) -> OffsetDateTime {
        from_milliseconds(self.unix_milliseconds())
    }

    /// Milliseconds since the Unix epoch.
    pub fn unix_milliseconds(&self) -> i64 {
        match &self.0 {
            Source::System => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                // No computer's clock stands before 1970.
                since.map_or(0, |since| {
                    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
                })
            }
            Source::Fixed(now) => now.load(Ordering::Relaxed),
        }
    }

    /// Moves a fixed clock by `by`, which may be negative; the system clock stays as it is.
    pub fn step(&self, by: Duration) {
        if let Source::Fixed(now) = &self.0 {
            let by = i64::try_from(by.whole_milliseconds()).unwrap_or(i64::MAX);
            now.fetch_add(by, Ordering::Relaxed);
        }
    }
}

/// Every time that the `time` crate represents fits: its years end at 9999.
fn milliseconds(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

fn from_milliseconds(milliseconds: i64) -> OffsetDateTime {
    let seconds = OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000));
    // What is left over a thousand fits.
    let rest = u16::try_from(milliseconds.rem_euclid(1000)).unwrap_or(0);
    seconds
        .and_then(|time| time.replace_millisecond(rest))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn time_is_cut_to_milliseconds() {
        let clock = Clock::fixed(datetime!(2026-01-02 03:04:05.678_912_345 UTC));
        assert_eq!(clock.now(), datetime!(2026-01-02 03:04:05.678 UTC));
    }

    #[test]
    fn stepping_one_clone_steps_all() {
        let clock = Clock::fixed(datetime!(2026-01-02 03:04:05 UTC));
        clock.clone().step(Duration::hours(1));
        assert_eq!(clock.now(), datetime!(2026-01-02 04:04:05 UTC));
    }

    #[test]
    fn the_system_clock_cannot_be_stepped() {
        let clock = Clock::system();
        clock.step(Duration::days(400));
        assert!(clock.now() < OffsetDateTime::now_utc() + Duration::days(1));
    }
}
