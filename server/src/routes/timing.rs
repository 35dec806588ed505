//! Answers that take as long whether or not there is something to do.

use std::time::Duration;

use tokio::time::sleep;

/// How long an answer takes that would otherwise tell by its time whether an address is known, as with better-auth.
/// A mail is queued in a few milliseconds.
pub(super) const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// What `work` results in, not before `minimum` has passed.
pub(super) async fn at_least<T>(minimum: Duration, work: impl Future<Output = T>) -> T {
    let (result, ()) = tokio::join!(work, sleep(minimum));
    result
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn quick_work_is_waited_for_as_long_as_slow_work() {
        let minimum = Duration::from_millis(50);
        for takes in [0, 100] {
            let takes = Duration::from_millis(takes);
            let start = Instant::now();
            at_least(minimum, sleep(takes)).await;
            assert!(start.elapsed() >= minimum.max(takes));
        }
    }
}
