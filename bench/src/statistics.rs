//! Quantiles of what was measured.

use std::time::Duration;

/// Measurements in ascending order.
#[derive(Clone, Debug)]
pub struct Sorted(Vec<Duration>);

impl Sorted {
    /// Sorts `measured`.
    pub fn of(mut measured: Vec<Duration>) -> Self {
        measured.sort_unstable();
        Self(measured)
    }

    /// All measurements of `parts`.
    pub fn joined(parts: Vec<Self>) -> Self {
        Self::of(parts.into_iter().flat_map(|part| part.0).collect())
    }

    /// The smallest value that at least `per_mille` thousandths of all values do not exceed; zero without values.
    pub fn quantile(&self, per_mille: usize) -> Duration {
        let rank = (self.0.len() * per_mille).div_ceil(1000);
        let index = rank.saturating_sub(1);
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// The value in the middle, of an even number the lower one; zero without values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
}

/// Milliseconds with one decimal, below ten with two.
pub fn milliseconds(duration: Duration) -> String {
    let decimals = if duration < Duration::from_millis(10) {
        2
    } else {
        1
    };
    format!("{:.decimals$} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(milliseconds: impl IntoIterator<Item = u64>) -> Sorted {
        Sorted::of(
            milliseconds
                .into_iter()
                .map(Duration::from_millis)
                .collect(),
        )
    }

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(of([30, 10, 20]).quantile(500), Duration::from_millis(20));
    }

    #[test]
    fn the_99th_percentile_of_a_hundred_is_the_second_largest() {
        assert_eq!(of(1..=100).quantile(990), Duration::from_millis(99));
    }

    #[test]
    fn the_last_quantile_is_the_largest_value() {
        assert_eq!(of(1..=7).quantile(1000), Duration::from_millis(7));
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(of([]).quantile(500), Duration::ZERO);
    }
}
