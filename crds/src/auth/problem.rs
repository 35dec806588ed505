//! A value that cannot be used, and what to do about it.

use std::fmt;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field below `spec.auth`, for example `session.expiresIn`.
    pub path: String,
    /// What the value must be, so that the reader can mend it.
    pub remedy: String,
}

impl Problem {
    pub(super) fn new(path: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.remedy)
    }
}

/// Reports `value` when it lies outside `range`.
pub(super) fn check_range<T: PartialOrd + fmt::Display + Copy>(
    problems: &mut Vec<Problem>,
    path: &str,
    value: Option<T>,
    range: std::ops::RangeInclusive<T>,
) {
    if let Some(value) = value
        && !range.contains(&value)
    {
        problems.push(Problem::new(
            path,
            format!(
                "is {value}, must be from {} to {}",
                range.start(),
                range.end()
            ),
        ));
    }
}
