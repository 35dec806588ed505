//! Logs, on standard error.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogFormat, Logging, Problem};

/// Starts logging for the rest of the process. Later calls change nothing.
pub fn start(logging: &Logging) -> Result<(), Problem> {
    let filter = EnvFilter::try_new(&logging.level).map_err(|error| {
        Problem::new(
            "LOG_LEVEL",
            format!("is not a filter such as info or auth_server=debug,warn: {error}"),
        )
    })?;
    let builder = fmt().with_env_filter(filter).with_writer(io::stderr);
    let result = match logging.format {
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
        LogFormat::Text => builder
            .with_target(false)
            .with_ansi(io::stderr().is_terminal())
            .try_init(),
    };
    if let Err(error) = result {
        tracing::debug!(%error, "logging has been started before");
    }
    Ok(())
}
