//! Traces of the operator: the standard variables, and its credentials as a file.

use anyhow::Result;
use serde_json::{Value, json};

use crate::chart;

fn pod(settings: &[&str]) -> Result<Value> {
    let deployment = chart::only(settings, "Deployment")?;
    Ok(deployment["spec"]["template"]["spec"].clone())
}

fn variable(pod: &Value, name: &str) -> Value {
    let variables = pod["containers"][0]["env"].as_array().into_iter().flatten();
    let mut found = variables.filter(|variable| variable["name"] == name);
    found
        .next()
        .map_or(Value::Null, |variable| variable["value"].clone())
}

#[test]
fn without_a_collector_nothing_of_traces_is_set() -> Result<()> {
    let pod = pod(&[r#"tracing.headersSecret.name="collector""#])?;
    assert!(!pod.to_string().contains("OTEL_"), "{pod}");
    assert_eq!(pod["volumes"], Value::Null);
    Ok(())
}

#[test]
fn with_a_collector_the_standard_variables_are_set() -> Result<()> {
    let pod = pod(&[
        r#"tracing.endpoint="http://collector:4318""#,
        "tracing.samplingRatePerMillion=50000",
    ])?;
    let endpoint = variable(&pod, "OTEL_EXPORTER_OTLP_ENDPOINT");
    assert_eq!(endpoint, "http://collector:4318");
    assert_eq!(
        variable(&pod, "OTEL_TRACES_SAMPLER"),
        "parentbased_traceidratio"
    );
    assert_eq!(variable(&pod, "OTEL_TRACES_SAMPLER_ARG"), "0.05");
    assert_eq!(pod["volumes"], Value::Null);
    Ok(())
}

#[test]
fn the_collectors_credentials_are_a_file_that_may_come_late() -> Result<()> {
    let pod = pod(&[
        r#"tracing.endpoint="http://collector:4318""#,
        r#"tracing.headersSecret={"name": "collector", "key": "otlp"}"#,
    ])?;
    let file = variable(&pod, "OTEL_EXPORTER_OTLP_HEADERS_FILE");
    assert_eq!(file, "/etc/authbackend/tracing/headers");
    let secret = json!({
        "secretName": "collector", "optional": true, "items": [{"key": "otlp", "path": "headers"}],
    });
    assert_eq!(
        pod["volumes"],
        json!([{"name": "tracing", "secret": secret}])
    );
    let mount =
        json!({"name": "tracing", "mountPath": "/etc/authbackend/tracing", "readOnly": true});
    assert_eq!(pod["containers"][0]["volumeMounts"], json!([mount]));
    Ok(())
}

#[test]
fn an_address_that_is_no_url_is_refused_by_name() -> Result<()> {
    for endpoint in [
        "collector:4318",
        "http://user:pass@collector",
        "grpc://collector",
    ] {
        let setting = format!("tracing.endpoint={}", json!(endpoint));
        let refusal = chart::refusal(&[&setting])?;
        assert!(refusal.contains("tracing"), "{refusal}");
    }
    Ok(())
}
