//! Counts in the memory of this process.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
};

use super::{Decision, Rule};

/// Counts that are kept at most, as many as better-auth keeps; a count takes some 50 bytes.
const CAPACITY: usize = 100_000;

/// Counts in the memory of this process, in two generations: a count that is used moves to the younger one. When that
/// is full, or so old that every count in the older one has ended, the older one is dropped. So neither needs to be
/// searched for what has ended, and a count in use survives at least half of the capacity of others.
pub(super) struct Memory {
    /// A key is kept as two hashes with secret seeds: paths and addresses are as long as a client makes them.
    seeds: [RandomState; 2],
    /// The longest window of all rules in milliseconds.
    longest_window: i64,
    generations: Mutex<Generations>,
}

type Key = [u64; 2];

#[derive(Default)]
struct Generations {
    young: HashMap<Key, Count>,
    old: HashMap<Key, Count>,
    /// When the young generation began, in milliseconds since the Unix epoch.
    began: i64,
}

#[derive(Clone, Copy)]
struct Count {
    count: u32,
    /// The last request that was let through, in milliseconds since the Unix epoch.
    last: i64,
}

impl Memory {
    /// Keeps counts for rules with windows of at most `longest_window` milliseconds.
    pub(super) fn new(longest_window: i64) -> Self {
        Self {
            seeds: [RandomState::new(), RandomState::new()],
            longest_window,
            generations: Mutex::default(),
        }
    }

    /// Counts a request at `now`, in milliseconds since the Unix epoch.
    pub(super) fn count(&self, key: &str, rule: Rule, now: i64) -> Decision {
        let key = self.seeds.each_ref().map(|seed| seed.hash_one(key));
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.turn(now, self.longest_window);
        let found = generations.young.get(&key).or(generations.old.get(&key));
        let count = match found {
            // A clock that was set back must not keep a client out for longer than the window.
            Some(found) if (now - found.last).abs() >= rule.milliseconds() => 1,
            Some(found) if found.count >= rule.max => {
                return Decision::Refused(found.last + rule.milliseconds() - now);
            }
            Some(found) => found.count + 1,
            None => 1,
        };
        generations.old.remove(&key);
        generations.young.insert(key, Count { count, last: now });
        Decision::Allowed
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let generations = self.generations.lock().unwrap();
        generations.young.len() + generations.old.len()
    }
}

impl Generations {
    fn turn(&mut self, now: i64, longest_window: i64) {
        let is_full = self.young.len() >= CAPACITY / 2;
        if is_full || (now - self.began).abs() >= longest_window {
            self.old = std::mem::take(&mut self.young);
            self.began = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    const RULE: Rule = Rule { window: 10, max: 3 };

    fn decide(memory: &Memory, times: &[i64]) -> String {
        let decisions = times.iter().map(|now| memory.count("key", RULE, *now));
        decisions
            .map(|decision| match decision {
                Decision::Allowed => "yes ".to_owned(),
                Decision::Refused(wait) => format!("{wait} "),
            })
            .collect()
    }

    #[test]
    fn each_request_let_through_extends_the_window_and_a_refused_one_does_not() {
        for (times, expected) in [
            (
                &[0, 0, 0, 0, 4000, 9999, 10_000][..],
                "yes yes yes 10000 6000 1 yes ",
            ),
            (
                &[0, 9000, 18_000, 27_000, 27_999, 28_000],
                "yes yes yes 1000 1 yes ",
            ),
            (
                &[0, 1, 10_001, 10_001, 10_001, 10_001],
                "yes yes yes yes yes 10000 ",
            ),
        ] {
            assert_eq!(decide(&Memory::new(60_000), times), expected, "{times:?}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_out() {
        let memory = Memory::new(60_000);
        assert_eq!(
            decide(&memory, &[100_000, 100_000, 100_000, 100_000, 0]),
            "yes yes yes 10000 yes "
        );
    }

    #[test]
    fn of_requests_at_once_exactly_as_many_as_the_limit_are_let_through() {
        let memory = Memory::new(60_000);
        let allowed: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let count = || memory.count("key", RULE, 5);
                    scope.spawn(move || (0..50).filter(|_| count() == Decision::Allowed).count())
                })
                .collect();
            threads.into_iter().map(|it| it.join().unwrap()).sum()
        });
        assert_eq!(allowed, 3);
    }

    #[test]
    fn no_more_than_the_capacity_is_kept_and_the_latest_are_among_it() {
        let memory = Memory::new(60_000);
        for number in 0..CAPACITY * 2 {
            for _ in 0..3 {
                memory.count(&number.to_string(), RULE, 1);
            }
            assert!(memory.len() <= CAPACITY);
        }
        for number in CAPACITY * 2 - CAPACITY / 2..CAPACITY * 2 {
            let decision = memory.count(&number.to_string(), RULE, 1);
            assert_eq!(decision, Decision::Refused(10_000));
        }
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let memory = Memory::new(10_000);
        for (key, now) in [("a", 0), ("b", 10_000), ("c", 20_000)] {
            memory.count(key, RULE, now);
        }
        assert_eq!(memory.len(), 2);
    }

    /// better-auth's `decideConsume`, word by word.
    fn reference(row: &mut Option<Count>, rule: Rule, now: i64) -> Decision {
        let window = rule.milliseconds();
        let next = match *row {
            None => 1,
            Some(row) if now - row.last >= window => 1,
            Some(row) if row.count >= rule.max => {
                return Decision::Refused(row.last + window - now);
            }
            Some(row) => row.count + 1,
        };
        *row = Some(Count {
            count: next,
            last: now,
        });
        Decision::Allowed
    }

    proptest! {
        #[test]
        fn every_run_of_requests_is_decided_as_better_auth_does(
            steps in prop::collection::vec(0..12_000_i64, 1..200), max in 1..6_u32,
        ) {
            let rule = Rule { window: 10, max };
            let memory = Memory::new(10_000);
            let (mut now, mut row) = (0, None);
            for step in steps {
                now += step;
                prop_assert_eq!(memory.count("key", rule, now), reference(&mut row, rule, now));
            }
        }
    }
}
