//! When a message that was not sent is tried again.

use std::time::Duration;

/// When a message that was not sent is tried again, and when it is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// The pause after the first attempt.
    pub(super) first: Duration,
    /// Each further pause is so many times as long.
    pub(super) factor: u32,
    /// The longest pause.
    pub(super) longest: Duration,
    /// Attempts after which a message is given up.
    pub(super) attempts: u32,
}

/// Ten attempts in about 45 minutes: the links in mails are valid for an hour unless set otherwise, and whoever waits
/// for one has asked for the next long before.
pub(super) const MAIL: Schedule = Schedule {
    first: Duration::from_secs(5),
    factor: 2,
    longest: Duration::from_mins(22),
    attempts: 10,
};

/// Twelve attempts in about 25 hours, as Standard Webhooks recommends: a receiver may be down for a night.
pub(super) const WEBHOOK: Schedule = Schedule {
    first: Duration::from_secs(5),
    factor: 4,
    longest: Duration::from_hours(4),
    attempts: 12,
};

/// The longest pause that a receiver may ask for.
const LONGEST_REQUESTED: Duration = Duration::from_hours(4);

impl Schedule {
    /// The pause after the attempt number `attempt`, from 1; none if it was the last. `requested` is what the receiver
    /// asks for. `chance`, from 0 to 1, spreads pauses by a quarter up and down, so that what failed together is not
    /// tried together.
    pub(super) fn pause(
        &self,
        attempt: u32,
        requested: Option<Duration>,
        chance: f64,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let factor = self.factor.saturating_pow(attempt.saturating_sub(1));
        let pause = self.first.saturating_mul(factor).min(self.longest);
        let spread = pause.mul_f64(0.75 + 0.5 * chance.clamp(0.0, 1.0));
        let requested = requested.unwrap_or_default().min(LONGEST_REQUESTED);
        Some(spread.max(requested))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All pauses in seconds, without the spread.
    fn pauses(schedule: &Schedule) -> Vec<u64> {
        (1..)
            .map_while(|attempt| schedule.pause(attempt, None, 0.5))
            .map(|pause| pause.as_secs())
            .collect()
    }

    #[test]
    fn mails_are_tried_for_as_long_as_their_links_are_good() {
        assert_eq!(pauses(&MAIL), [5, 10, 20, 40, 80, 160, 320, 640, 1280]);
    }

    #[test]
    fn webhooks_are_tried_for_a_day() {
        assert_eq!(
            pauses(&WEBHOOK),
            [
                5, 20, 80, 320, 1280, 5120, 14400, 14400, 14400, 14400, 14400
            ]
        );
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_ever() {
        let pause = |seconds| MAIL.pause(1, Some(Duration::from_secs(seconds)), 0.5);
        assert_eq!(pause(1), Some(Duration::from_secs(5)));
        assert_eq!(pause(60), Some(Duration::from_mins(1)));
        assert_eq!(pause(u64::MAX), Some(LONGEST_REQUESTED));
    }

    proptest! {
        #[test]
        fn pauses_are_spread_by_a_quarter(attempt in 1..12_u32, chance in 0.0..=1.0_f64) {
            let middle = WEBHOOK.pause(attempt, None, 0.5);
            let pause = WEBHOOK.pause(attempt, None, chance);
            prop_assert_eq!(middle.is_some(), pause.is_some());
            if let (Some(middle), Some(pause)) = (middle, pause) {
                prop_assert!(pause >= middle.mul_f64(0.749) && pause <= middle.mul_f64(1.251));
            }
        }
    }
}
