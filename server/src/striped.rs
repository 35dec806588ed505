//! Counters that no two cores write to the same line of memory for.
//!
//! A counter that every request raises is in the cache of the core that raised it last; for all others to raise it is to
//! wait for that core. So each thread raises one of a few, and whoever wants to know adds them up, which is seldom.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crossbeam_utils::CachePadded;
use prometheus_client::metrics::counter::Atomic;

/// How many stripes there are. More threads than these share them, which costs time and no count.
pub const STRIPES: usize = 8;

/// The stripe of this thread, below [`STRIPES`].
fn own() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Relaxed) % STRIPES;
    }
    OWN.with(|own| *own)
}

/// One `T` for each stripe.
#[derive(Debug, Default)]
pub struct Striped<T>([CachePadded<T>; STRIPES]);

impl<T> Striped<T> {
    /// The one of this thread, and which that is.
    pub fn own(&self) -> (usize, &T) {
        let own = own();
        // One modulo their number is always there.
        let Self([first, ..]) = self;
        (own, self.0.get(own).unwrap_or(first))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|stripe| &**stripe)
    }
}

/// As a number in a counter of Prometheus. What it was before is known of one stripe only.
impl Atomic<u64> for Striped<AtomicU64> {
    fn inc(&self) -> u64 {
        self.inc_by(1)
    }

    fn inc_by(&self, more: u64) -> u64 {
        self.own().1.fetch_add(more, Relaxed)
    }

    fn get(&self) -> u64 {
        self.all().map(|stripe| stripe.load(Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn what_all_threads_count_is_counted() {
        let counter = Striped::<AtomicU64>::default();
        thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        counter.inc();
                    }
                });
            }
        });
        assert_eq!(counter.get(), 2_000 * u64::try_from(STRIPES).unwrap());
    }

    #[test]
    fn threads_have_stripes_of_their_own_while_there_are_some() {
        let stripes = Striped::<AtomicU64>::default();
        let own = || thread::scope(|scope| scope.spawn(|| stripes.own().0).join().unwrap());
        let seen: HashSet<_> = (0..100 * STRIPES).map(|_| own()).collect();
        assert_eq!(seen.len(), STRIPES);
    }
}
