//! Files that fit in a head. Functions are limited by clippy (`too-many-lines-threshold`).

use super::{Finding, Source};

/// Most lines of a file, not counting its inline tests.
const PRODUCTION: usize = 300;
/// Most lines of a file of tests, which may hold long tables.
const TESTS: usize = 500;

pub(super) fn check(source: &Source<'_>) -> Option<Finding> {
    let (limit, kind) = if source.is_test() {
        (TESTS, "tests")
    } else {
        (PRODUCTION, "code")
    };
    let lines = source
        .text
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .count();
    (lines > limit).then(|| Finding {
        line: limit + 1,
        message: format!("{lines} lines: a file of {kind} has at most {limit}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(path: &str, text: &str) -> Option<String> {
        check(&Source { path, text }).map(|finding| finding.message)
    }

    #[test]
    fn a_file_of_300_lines_is_the_longest() {
        assert_eq!(finding("a/src/b.rs", &"x\n".repeat(300)), None);
        assert_eq!(
            finding("a/src/b.rs", &"x\n".repeat(301)).unwrap(),
            "301 lines: a file of code has at most 300"
        );
    }

    #[test]
    fn inline_tests_do_not_count() {
        let text = format!("x\n#[cfg(test)]\n{}", "x\n".repeat(400));
        assert_eq!(finding("a/src/b.rs", &text), None);
    }

    #[test]
    fn a_file_of_tests_may_be_longer() {
        assert_eq!(finding("a/tests/it/b.rs", &"x\n".repeat(500)), None);
        assert!(finding("a/src/b/tests.rs", &"x\n".repeat(501)).is_some());
    }
}
