//! From spans of `tracing` to the collector.

use std::time::Duration;

use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    resource::TelemetryResourceDetector,
    trace::{BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use tokio::{runtime::Handle, task};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::{
    Problem, Settings, TARGET,
    failures::{Cause, Watched},
    transport::Transport,
};

/// Name of the instrumentation in each span's scope.
const SCOPE: &str = "authbackend";

/// An exporter that runs.
pub struct Export(SdkTracerProvider);

impl Export {
    /// Starts exporting as `settings` say, on `runtime`. The collector need not be reachable.
    ///
    /// # Errors
    /// A variable that the exporter cannot use after all.
    pub fn start(settings: &Settings, runtime: Handle) -> Result<Self, Problem> {
        let cause = Cause::default();
        let transport = Transport::new(settings, runtime, cause.clone())?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(transport)
            .with_endpoint(settings.endpoint.as_str())
            .with_timeout(settings.timeout)
            .build()
            .map_err(|error| {
                Problem::new(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    format!("cannot be used: {error}"),
                )
            })?;
        let attributes = settings.resource.iter();
        let attributes = attributes.map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
        let resource = Resource::builder_empty()
            .with_detector(Box::new(TelemetryResourceDetector))
            .with_attributes(attributes)
            .build();
        let exporter = Watched::new(exporter, cause);
        Ok(Self(
            SdkTracerProvider::builder()
                .with_sampler(settings.sampler.clone())
                .with_resource(resource)
                .with_span_processor(BatchSpanProcessor::builder(exporter).build())
                .build(),
        ))
    }

    /// What makes spans, for those that are not of `tracing`.
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer(SCOPE)
    }

    /// What takes the spans of `tracing` whose target is [`TARGET`].
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let is_ours = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == TARGET;
        tracing_opentelemetry::layer()
            .with_tracer(self.tracer())
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_level(false)
            .with_filter(filter_fn(is_ours).with_max_level_hint(LevelFilter::INFO))
    }

    /// Exports what is left, for at most `limit`.
    pub async fn finish(self, limit: Duration) {
        // It waits for the exporter's thread, which needs this runtime.
        let end = task::spawn_blocking(move || self.0.shutdown_with_timeout(limit));
        if let Ok(Err(error)) = end.await {
            tracing::warn!(%error, "some traces were not exported in time");
        }
    }
}
