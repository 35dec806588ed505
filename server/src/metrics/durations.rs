//! A histogram of durations that takes no lock: each request has several of them counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

use crate::striped::Striped;

/// Upper bounds in seconds: from a session check answered from memory to a request that waited for hashing.
const BOUNDS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// A histogram of durations in seconds. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Durations(Arc<Striped<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    nanoseconds: AtomicU64,
    /// Those up to each bound.
    within: [AtomicU64; BOUNDS.len()],
    longer: AtomicU64,
}

impl Durations {
    /// Counts one.
    pub fn observe(&self, duration: Duration) {
        let (_, counts) = self.0.own();
        let seconds = duration.as_secs_f64();
        let found = BOUNDS.iter().zip(&counts.within);
        let found = found
            .filter(|(bound, _)| seconds <= **bound)
            .map(|(_, count)| count)
            .next();
        found.unwrap_or(&counts.longer).fetch_add(1, Relaxed);
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        counts.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    /// How many there are up to each bound and above the one before, and then those above all; and their sum.
    fn sum(&self) -> ([u64; BOUNDS.len() + 1], Duration) {
        let mut numbers = [0; BOUNDS.len() + 1];
        let mut nanoseconds = 0_u64;
        for counts in self.0.all() {
            nanoseconds = nanoseconds.wrapping_add(counts.nanoseconds.load(Relaxed));
            let counts = counts.within.iter().chain([&counts.longer]);
            for (number, count) in numbers.iter_mut().zip(counts) {
                *number += count.load(Relaxed);
            }
        }
        (numbers, Duration::from_nanos(nanoseconds))
    }
}

impl TypedMetric for Durations {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let (numbers, sum) = self.sum();
        let bounds = BOUNDS.into_iter().chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(numbers).collect();
        let count = numbers.iter().sum();
        encoder.encode_histogram::<NoLabelSet>(sum.as_secs_f64(), count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::{
        encoding::text::encode, metrics::histogram::Histogram, registry::Registry,
    };
    use proptest::prelude::*;

    use super::*;

    fn text(
        metric: impl EncodeMetric + TypedMetric + std::fmt::Debug + Send + Sync + 'static,
    ) -> String {
        let mut registry = Registry::default();
        registry.register("took", "How long it took", metric);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    }

    proptest! {
        #[test]
        fn it_is_what_a_histogram_of_the_library_is(milliseconds in prop::collection::vec(0_u64..8_000, 0..50)) {
            let (own, library) = (Durations::default(), Histogram::new(BOUNDS));
            for milliseconds in milliseconds {
                // Quarters of a second are exact in binary, so that both sums are.
                let duration = Duration::from_millis(milliseconds / 250 * 250);
                own.observe(duration);
                library.observe(duration.as_secs_f64());
            }
            prop_assert_eq!(text(own), text(library));
        }

        #[test]
        fn a_duration_is_counted_up_to_its_bound(index in 0..BOUNDS.len()) {
            let bound = Duration::from_secs_f64(BOUNDS[index]);
            let durations = Durations::default();
            durations.observe(bound);
            durations.observe(bound + Duration::from_nanos(1));
            let (numbers, sum) = durations.sum();
            prop_assert_eq!((numbers[index], numbers[index + 1]), (1, 1));
            prop_assert_eq!(sum, 2 * bound + Duration::from_nanos(1));
        }
    }
}
