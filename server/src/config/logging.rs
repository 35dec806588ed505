//! `LOG_FORMAT` and `LOG_LEVEL`.

use std::str::FromStr;

use super::{Problem, environment::Environment, value::FileReader};

/// How the process logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// `LOG_FORMAT`.
    pub format: LogFormat,
    /// `LOG_LEVEL`: a filter of the `tracing` kind, such as `info` or `auth_server=debug,warn`.
    pub level: String,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// Text, for people.
    Text,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(()),
        }
    }
}

impl Logging {
    /// Loads the logging settings; see [`super::Config::load`].
    pub fn load(
        variable: &dyn Fn(&str) -> Option<String>,
        reader: FileReader,
    ) -> Result<Self, Vec<Problem>> {
        let mut environment = Environment::new(variable, reader);
        let format = environment.parsed("LOG_FORMAT", LogFormat::Json, "must be json or text");
        let level = environment
            .text("LOG_LEVEL")
            .unwrap_or_else(|| "info".to_owned());
        let problems = environment.into_problems();
        if problems.is_empty() {
            Ok(Self { format, level })
        } else {
            Err(problems)
        }
    }
}
