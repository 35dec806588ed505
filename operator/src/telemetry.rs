//! The log.

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

use crate::args::LogFormat;

/// The client library logs the whole body of a response that it cannot read, which may be a Secret. What matters
/// of a failed request is logged by this crate.
const NEVER_BODIES: &str = "kube_client::client=off";

/// Starts the log on standard output.
pub fn init(format: LogFormat, level: &str) -> anyhow::Result<()> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(level)?);
    match format {
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
        LogFormat::Text => builder.try_init(),
    }
    .map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}

fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    let never_bodies: Directive = NEVER_BODIES
        .parse()
        .context("filter of the client library")?;
    let filter = EnvFilter::builder().parse(level).with_context(|| {
        format!("LOG_LEVEL {level:?}: use a level such as info, or target=level")
    })?;
    Ok(filter.add_directive(never_bodies))
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
