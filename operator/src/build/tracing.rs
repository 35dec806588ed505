//! Where the server sends traces: OpenTelemetry's own variables.

use authbackend_crds::v1alpha1::Tracing;
use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, ObjectFieldSelector};

use super::Instance;
use super::credentials::{Access, late_file};
use super::pod::variable;

const DIRECTORY: &str = "/etc/authbackend/tracing";
/// The pod's name, for the variables after it.
const POD: &str = "OTEL_POD_NAME";

fn of(instance: &Instance) -> Option<&Tracing> {
    instance.spec.monitoring.as_ref()?.tracing.as_ref()
}

/// The variables, apart from the headers.
pub fn variables(instance: &Instance) -> Vec<EnvVar> {
    let Some(tracing) = of(instance) else {
        return Vec::new();
    };
    let (name, namespace) = (&instance.name, &instance.namespace);
    let attributes = format!(
        "service.namespace={namespace},service.instance.id=$({POD}),k8s.namespace.name={namespace},k8s.pod.name=$({POD})"
    );
    let mut variables = vec![
        pod_name(),
        variable("OTEL_EXPORTER_OTLP_ENDPOINT", &tracing.endpoint),
        variable("OTEL_SERVICE_NAME", name),
        variable("OTEL_RESOURCE_ATTRIBUTES", attributes),
    ];
    if let Some(rate) = tracing.sampling_rate_per_million {
        let ratio = f64::from(rate) / 1_000_000.0;
        variables.push(variable("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"));
        variables.push(variable("OTEL_TRACES_SAMPLER_ARG", ratio.to_string()));
    }
    variables
}

/// The headers with credentials; `None` without any.
pub fn access(instance: &Instance) -> Option<Access> {
    let headers = of(instance)?.headers_ref.as_ref()?;
    Some(late_file(
        "tracing",
        DIRECTORY,
        headers,
        "OTEL_EXPORTER_OTLP_HEADERS_FILE",
    ))
}

/// TCP port of the collector.
pub fn port(instance: &Instance) -> Option<u16> {
    of(instance)?.port()
}

fn pod_name() -> EnvVar {
    EnvVar {
        name: POD.to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                // As the API server would complete it: it owns no part of this without owning all.
                api_version: Some("v1".to_owned()),
                field_path: "metadata.name".to_owned(),
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }
}
