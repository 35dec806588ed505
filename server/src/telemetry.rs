//! Logs, on standard error, and spans for traces.

mod request;
mod request_id;

use std::io::{self, IsTerminal as _};

use authbackend_otlp::{Export, NOT_LOGGED};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    config::{LogFormat, Logging, Problem},
    db::QuerySpans,
};
pub use request::LoggedRequest;
pub use request_id::{RequestId, RequestIds};

/// Starts logging for the rest of the process, and hands spans to `export`. Later calls change nothing.
pub fn start(logging: &Logging, export: Option<&Export>) -> Result<(), Problem> {
    let filter = filter(&logging.level)?;
    let result = match export {
        Some(export) => tracing_subscriber::registry()
            .with(log(logging.format).with_filter(filter))
            .with(export.layer())
            .with(QuerySpans::layer(export.tracer()))
            .try_init(),
        None => tracing_subscriber::registry()
            .with(log(logging.format))
            .with(filter)
            .try_init(),
    };
    if let Err(error) = result {
        tracing::debug!(%error, "logging has been started before");
    }
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, Problem> {
    let filter = [level, NOT_LOGGED, QuerySpans::NOT_LOGGED].join(",");
    EnvFilter::try_new(filter).map_err(|error| {
        Problem::new(
            "LOG_LEVEL",
            format!("is not a filter such as info or auth_server=debug,warn: {error}"),
        )
    })
}

fn log(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Json => layer.json().event_format(request::json()).boxed(),
        LogFormat::Text => layer
            .event_format(request::text(io::stderr().is_terminal()))
            .boxed(),
    }
}
