//! The log, and spans for traces.

use anyhow::Context as _;
use authbackend_otlp::{Export, NOT_LOGGED};
use tracing_subscriber::filter::Directive;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::args::LogFormat;

/// The client library logs the whole body of a response that it cannot read, which may be a Secret. What matters
/// of a failed request is logged by this crate.
const NEVER_BODIES: &str = "kube_client::client=off";

/// Starts the log on standard output, and hands spans to `export`.
pub fn init(format: LogFormat, level: &str, export: Option<&Export>) -> anyhow::Result<()> {
    let log = match format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
        LogFormat::Text => fmt::layer().boxed(),
    };
    tracing_subscriber::registry()
        .with(log.with_filter(filter(level)?))
        .with(export.map(Export::layer))
        .try_init()
        .context("the log cannot be started")
}

fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    let own = |directive: &str| directive.parse::<Directive>().context("own filter");
    let filter = EnvFilter::builder().parse(level).with_context(|| {
        format!("LOG_LEVEL {level:?}: use a level such as info, or target=level")
    })?;
    Ok(filter
        .add_directive(own(NEVER_BODIES)?)
        .add_directive(own(NOT_LOGGED)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_stay_out_of_the_log_whatever_the_level() {
        let filter = filter("trace,kube_client::client=trace")
            .unwrap()
            .to_string();
        assert!(filter.contains("kube_client::client=off"), "{filter}");
        assert!(!filter.contains("kube_client::client=trace"), "{filter}");
    }

    #[test]
    fn a_filter_that_cannot_be_read_names_the_variable() {
        let error = filter("a=b=c").unwrap_err();
        assert!(error.to_string().contains("LOG_LEVEL"), "{error}");
    }
}
