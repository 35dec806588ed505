//! Counts of tests, read from what test runners print.

use std::ops::Add;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

/// What a line of output adds to the count: the closing lines of cargo's and of Node's test runner.
pub(super) fn counts(line: &str) -> Tally {
    cargo(line).or_else(|| node(line)).unwrap_or_default()
}

/// `test result: ok. 3 passed; 1 failed; 0 ignored; …`
fn cargo(line: &str) -> Option<Tally> {
    let result = line.trim_start().strip_prefix("test result: ")?;
    let (_, counts) = result.split_once(". ")?;
    let count = |what: &str| {
        counts
            .split("; ")
            .find_map(|part| part.strip_suffix(what)?.trim().parse().ok())
    };
    Some(Tally {
        passed: count(" passed")?,
        failed: count(" failed")?,
    })
}

/// `# pass 3`, `# fail 1` or `# cancelled 0`, each on a line; the newer reporter prints `ℹ` for `#`.
fn node(line: &str) -> Option<Tally> {
    let summary = line
        .strip_prefix("# ")
        .or_else(|| line.strip_prefix("ℹ "))?;
    let (what, count) = summary.split_once(' ')?;
    let count = count.parse().ok()?;
    match what {
        "pass" => Some(Tally {
            passed: count,
            failed: 0,
        }),
        "fail" | "cancelled" => Some(Tally {
            passed: 0,
            failed: count,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(output: &str) -> Tally {
        output.lines().map(counts).fold(Tally::default(), Add::add)
    }

    #[test]
    fn the_results_of_all_test_binaries_are_summed() {
        let output = "\
test a ... ok
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(
            sum(output),
            Tally {
                passed: 5,
                failed: 1
            }
        );
    }

    #[test]
    fn both_reporters_of_node_are_read() {
        let tap = "# tests 5\n# suites 1\n# pass 3\n# fail 1\n# cancelled 1\n# duration_ms 12";
        let spec = tap.replace('#', "ℹ");
        for output in [tap, &spec] {
            assert_eq!(
                sum(output),
                Tally {
                    passed: 3,
                    failed: 2
                }
            );
        }
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(
            sum("5 passed\n# pass by value\nok 3 - test"),
            Tally::default()
        );
    }
}
