//! What is printed, for people and for machines.

mod table;
mod time;

use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

pub(crate) use table::{Table, printable};
pub(crate) use time::age;

use crate::problem::Problem;

/// Width of the column of labels.
const LABEL: usize = 12;

/// Format of the output.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// How good something is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Uncertain,
    Heading,
}

impl Tone {
    /// Parameter of the escape sequence that selects graphic rendition (ECMA-48).
    fn rendition(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Bad => "31",
            Self::Uncertain => "33",
            Self::Heading => "1",
        }
    }
}

/// Where the output goes.
pub struct Screen<'a> {
    out: Box<dyn Write + Send + 'a>,
    has_colours: bool,
    now: Option<Timestamp>,
}

impl Screen<'static> {
    /// Standard output; with colours if it is a terminal and `NO_COLOR` is not set (no-color.org).
    pub fn stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            out: Box::new(io::stdout()),
            has_colours: io::stdout().is_terminal() && !refused,
            now: None,
        }
    }
}

impl<'a> Screen<'a> {
    /// Plain text.
    pub fn plain(out: impl Write + Send + 'a) -> Self {
        Self {
            out: Box::new(out),
            has_colours: false,
            now: None,
        }
    }

    /// The time that ages are told from.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    /// `text` in the colour of `tone`, where there are colours.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if self.has_colours && !text.is_empty() {
            format!("\x1b[{}m{text}\x1b[0m", tone.rendition())
        } else {
            text.to_owned()
        }
    }

    /// A label with its value, in the column of all values.
    pub(crate) fn field(&self, label: &str, value: &str) -> String {
        let padding = " ".repeat(LABEL.saturating_sub(label.len() + 1));
        let label = self.paint(Tone::Heading, &format!("{label}:"));
        format!("{label}{padding}{value}")
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Problem> {
        writeln!(self.out, "{text}")?;
        self.out.flush()?;
        Ok(())
    }

    /// Prints `text` as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Problem> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()?;
        Ok(())
    }

    /// Prints `value` for a machine; nothing for people.
    pub(crate) fn value(&mut self, value: &impl Serialize, format: Format) -> Result<(), Problem> {
        let text = match format {
            Format::Text => return Ok(()),
            Format::Json => serde_json::to_string_pretty(value).map_err(|error| error.to_string()),
            Format::Yaml => serde_saphyr::to_string(value).map_err(|error| error.to_string()),
        };
        let text = text.map_err(Problem::Format)?;
        self.line(text.trim_end())
    }
}

#[cfg(test)]
impl<'a> Screen<'a> {
    /// A screen with a clock that stands still.
    pub(crate) fn at(now: &str, has_colours: bool, out: &'a mut Vec<u8>) -> Self {
        Self {
            out: Box::new(out),
            has_colours,
            now: Some(now.parse().unwrap()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_colours_and_a_file_gets_none() {
        let mut out = Vec::new();
        let screen = Screen::at("2026-01-01T00:00:00Z", true, &mut out);
        assert_eq!(screen.paint(Tone::Bad, "no"), "\x1b[31mno\x1b[0m");
        assert_eq!(Screen::plain(Vec::new()).paint(Tone::Bad, "no"), "no");
    }

    #[test]
    fn what_is_empty_gets_no_colour() {
        let mut out = Vec::new();
        let screen = Screen::at("2026-01-01T00:00:00Z", true, &mut out);
        assert_eq!(screen.paint(Tone::Bad, ""), "");
    }
}
