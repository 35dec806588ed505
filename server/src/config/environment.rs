//! Reads variables, each perhaps as `NAME_FILE`, and collects every problem instead of stopping at the first.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use super::{
    problem::Problem,
    value::{FileReader, Value},
};

/// The variables of one process, and the problems met while reading them.
pub(super) struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    reader: FileReader,
    problems: Vec<Problem>,
}

impl<'a> Environment<'a> {
    pub(super) fn new(variable: &'a dyn Fn(&str) -> Option<String>, reader: FileReader) -> Self {
        Self {
            variable,
            reader,
            problems: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(super) fn report_all(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.report(problem);
        }
    }

    pub(super) fn problem_count(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn reader(&self) -> FileReader {
        FileReader::clone(&self.reader)
    }

    /// The variable itself; an empty one counts as unset, as an empty entry of a Compose file is meant.
    pub(super) fn literal(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|text| !text.is_empty())
    }

    /// `NAME`, or the content of the file that `NAME_FILE` names.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        let file_name = format!("{name}_FILE");
        match (self.literal(name), self.literal(&file_name)) {
            (None, None) => None,
            (Some(text), None) => Some(Value::literal(name, text)),
            (None, Some(path)) => Some(Value::file(file_name, path, self.reader())),
            (Some(_), Some(_)) => {
                self.report(Problem::new(
                    name,
                    format!("and {file_name} are both set: unset one of them"),
                ));
                None
            }
        }
    }

    /// The content of the file that `name` itself names.
    pub(super) fn path(&mut self, name: &str) -> Option<Value> {
        self.literal(name)
            .map(|path| Value::file(name, path, self.reader()))
    }

    /// The text of `name` now.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name)?.read() {
            Ok(text) => Some(text),
            Err(problem) => {
                self.report(problem);
                None
            }
        }
    }

    /// A whole number within `range`.
    pub(super) fn number<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let Some(text) = self.text(name) else {
            return default;
        };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let remedy = format!(
                    "must be a whole number from {} to {}",
                    range.start(),
                    range.end()
                );
                self.report(Problem::new(name, remedy));
                default
            }
        }
    }

    /// A value that parses, or `default`; `remedy` says what it must be.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, default: T, remedy: &str) -> T {
        let Some(text) = self.text(name) else {
            return default;
        };
        text.parse().unwrap_or_else(|_| {
            self.report(Problem::new(name, remedy));
            default
        })
    }
}
