//! Evidence that the documentation cites: a test that it names must exist, whatever it was called before.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Source};

/// Words of a name from which on it is a sentence, as those of tests are: columns, settings and codes are shorter.
const SENTENCE: usize = 4;

/// Names of that length which are no tests: metrics, and codes of better-auth.
const OTHERS: [&str; 3] = [
    "auth_server_",
    "authbackend_operator_",
    "unable_to_create_user",
];

/// The functions of the sources, by name: the files that have one.
#[derive(Default)]
pub(super) struct Functions(BTreeMap<String, BTreeSet<String>>);

impl Functions {
    /// Adds those of a file.
    pub(super) fn collect(&mut self, source: &Source<'_>) {
        let names = source.text.split("fn ").skip(1).filter_map(|rest| {
            let end = rest.find(|c: char| !is_part_of_name(c))?;
            rest.get(..end)
        });
        for name in names {
            let files = self.0.entry(name.to_owned()).or_default();
            files.insert(source.path.to_owned());
        }
    }

    /// Names in a page of documentation that no function has.
    pub(super) fn check(&self, source: &Source<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (number, line) in (1..).zip(source.text.lines()) {
            // Between backticks: every second piece.
            for code in line.split('`').skip(1).step_by(2) {
                let (place, name) = code.rsplit_once("::").unwrap_or(("", code));
                if is_sentence(name) && !self.has(place, name) {
                    findings.push(Finding {
                        line: number,
                        message: format!("{name} is the name of no test"),
                    });
                }
            }
        }
        findings
    }
}

impl Functions {
    /// Whether there is such a function, in the file `place` where that is one.
    fn has(&self, place: &str, name: &str) -> bool {
        let files = self.0.get(name);
        files.is_some_and(|files| place.rsplit('.').next() != Some("rs") || files.contains(place))
    }
}

fn is_part_of_name(character: char) -> bool {
    matches!(character, 'a'..='z' | '0'..='9' | '_')
}

fn is_sentence(text: &str) -> bool {
    text.chars().all(is_part_of_name)
        && text.split('_').filter(|word| !word.is_empty()).count() >= SENTENCE
        && !OTHERS.iter().any(|other| text.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, page: &str) -> Vec<usize> {
        let source = |path, text| Source { path, text };
        let mut functions = Functions::default();
        functions.collect(&source("a.rs", code));
        let findings = functions.check(&source("docs/a.md", page));
        findings.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_test_that_is_named_and_exists_is_no_finding() {
        let code = "#[test]\nfn a_test_that_exists() {}\nasync fn one_more_that_exists<T>() {}";
        let page = "`a_test_that_exists`, `module::one_more_that_exists`";
        assert_eq!(check(code, page), Vec::<usize>::new());
    }

    #[test]
    fn a_test_that_is_named_and_does_not_exist_is_found_on_its_line() {
        let code = "fn a_test_that_exists_today() {}";
        assert_eq!(check(code, "\n`a_test_that_exists`"), [2]);
    }

    #[test]
    fn a_test_that_is_named_in_another_file_is_found_on_its_line() {
        let code = "fn a_test_that_exists() {}";
        let page = "`a.rs::a_test_that_exists`\n`b.rs::a_test_that_exists`";
        assert_eq!(check(code, page), [2]);
    }

    #[test]
    fn shorter_names_paths_and_text_between_code_are_no_names_of_tests() {
        let page = "`by_token` `state_mismatch` a_test_that_is_none `server/src/a_b_c_d.rs` `auth_server_a_b_total`";
        assert_eq!(check("", page), Vec::<usize>::new());
    }
}
