//! A setting that cannot be used, told in one line.

use std::fmt;

/// A setting that cannot be used: its name and what to do about it. Never contains a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    name: String,
    remedy: String,
}

impl Problem {
    /// `name` is the variable or the path of the field, `remedy` reads on after it ("is not set: set it to …").
    pub fn new(name: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            remedy: remedy.into(),
        }
    }

    /// The variable or the path of the field.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Problem {
    /// One line, whatever a file's content put into the text.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{} {}", self.name, self.remedy);
        let mut separator = "";
        for word in text.split_whitespace() {
            write!(formatter, "{separator}{word}")?;
            separator = " ";
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
