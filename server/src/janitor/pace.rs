//! How many rows a statement removes, and how long the pause after it is.

use std::time::Duration;

/// How long a statement should take: it holds a connection and locks on its rows for that long.
const TARGET: Duration = Duration::from_millis(20);

/// The pause after a statement, in times that it took: of one of the database's cores, removing takes at most a fifth.
const PAUSES: u32 = 4;

/// The shortest pause.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// Rows of the first statement.
const FIRST: u32 = 100;

/// Fewest rows of a statement: below, finding them costs more than removing them.
const FEWEST: u32 = 10;

/// Most rows of a statement, however fast the database is.
const MOST: u32 = 1_000;

/// Adapts to how fast the database is now.
pub(super) struct Pace {
    rows: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: FIRST }
    }
}

impl Pace {
    /// How many rows the next statement may remove.
    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    /// Adapts to a statement that removed all the rows that it might and `took` so long. Returns the pause before the next.
    pub(super) fn next(&mut self, took: Duration) -> Duration {
        let ratio = TARGET.as_secs_f64() / took.as_secs_f64().max(f64::EPSILON);
        // What was slow once may be fast again: it takes a few statements to believe that.
        let wanted = f64::from(self.rows) * ratio.min(2.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 2,000"
        )]
        let wanted = wanted as u32;
        self.rows = wanted.clamp(FEWEST, MOST);
        took.saturating_mul(PAUSES).max(SHORTEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_statement_that_was_slow_is_followed_by_a_smaller_one() {
        let mut pace = Pace::default();
        let pause = pace.next(TARGET * 4);
        assert_eq!((pace.rows(), pause), (25, TARGET * 16));
    }

    #[test]
    fn a_statement_that_was_fast_is_followed_by_one_of_at_most_twice_as_many_rows() {
        let mut pace = Pace::default();
        let rows: Vec<u32> = (0..5)
            .map(|_| {
                pace.next(Duration::ZERO);
                pace.rows()
            })
            .collect();
        assert_eq!(rows, [200, 400, 800, 1_000, 1_000]);
    }

    proptest! {
        #[test]
        fn no_statement_is_unbounded_and_none_follows_at_once(times in prop::collection::vec(any::<u64>(), 0..20)) {
            let mut pace = Pace::default();
            for nanoseconds in times {
                let took = Duration::from_nanos(nanoseconds);
                let pause = pace.next(took);
                prop_assert!((FEWEST..=MOST).contains(&pace.rows()));
                prop_assert!(pause >= SHORTEST_PAUSE && pause >= took);
            }
        }
    }
}
