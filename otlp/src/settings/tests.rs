use super::*;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

fn load(variables: &[(&str, &str)]) -> Result<Option<Settings>, Vec<Problem>> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    let reader: FileReader = Arc::new(|_| Err(std::io::ErrorKind::NotFound.into()));
    let service = Service {
        name: "auth-server",
        version: "1.2.3",
    };
    Settings::load(&variable, &reader, service)
}

fn loaded(variables: &[(&str, &str)]) -> Settings {
    let endpoint = (ENDPOINT, "http://collector:4318");
    load(&[&[endpoint], variables].concat()).unwrap().unwrap()
}

fn problems(variables: &[(&str, &str)]) -> Vec<String> {
    let endpoint = (ENDPOINT, "http://collector:4318");
    let found = load(&[variables, &[endpoint]].concat()).unwrap_err();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn without_an_endpoint_nothing_else_counts() {
    for variables in [
        &[][..],
        &[(ENDPOINT, "")],
        &[("OTEL_TRACES_SAMPLER", "nonsense")],
        &[(ENDPOINT, "http://c:4318"), ("OTEL_SDK_DISABLED", "true")],
        &[
            (ENDPOINT, "http://c:4318"),
            ("OTEL_TRACES_EXPORTER", "none"),
        ],
    ] {
        assert!(load(variables).unwrap().is_none(), "{variables:?}");
    }
}

#[test]
fn traces_have_a_path_of_their_own_below_the_common_endpoint() {
    let traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    for (name, endpoint, expected) in [
        (ENDPOINT, "http://c:4318", "http://c:4318/v1/traces"),
        (ENDPOINT, "https://c/otlp/", "https://c/otlp/v1/traces"),
        (traces, "http://c:4318/all", "http://c:4318/all"),
    ] {
        let settings = load(&[(name, endpoint)]).unwrap().unwrap();
        assert_eq!(settings.endpoint.as_str(), expected);
    }
}

#[test]
fn the_variable_of_traces_goes_before_the_common_one() {
    let settings = loaded(&[
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2000"),
    ]);
    assert_eq!(settings.timeout, Duration::from_secs(2));
}

#[test]
fn samplers_have_the_names_of_the_standard() {
    for (name, argument, expected) in [
        ("always_on", "", "AlwaysOn"),
        ("always_off", "", "AlwaysOff"),
        ("traceidratio", "0.25", "TraceIdRatioBased(0.25)"),
        ("parentbased_always_off", "", "ParentBased(AlwaysOff)"),
        (
            "parentbased_traceidratio",
            "",
            "ParentBased(TraceIdRatioBased(1.0))",
        ),
        ("", "", "ParentBased(AlwaysOn)"),
    ] {
        let settings = loaded(&[
            ("OTEL_TRACES_SAMPLER", name),
            ("OTEL_TRACES_SAMPLER_ARG", argument),
        ]);
        assert_eq!(format!("{:?}", settings.sampler), expected, "{name}");
    }
}

#[test]
fn the_resource_has_the_name_that_is_most_specific() {
    let name = |variables: &[(&str, &str)]| {
        let resource = loaded(variables).resource;
        let named = resource
            .into_iter()
            .rfind(|(name, _)| name == "service.name");
        named.unwrap().1
    };
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,team=a%2Cb");
    assert_eq!(name(&[]), "auth-server");
    assert_eq!(name(&[attributes]), "shop");
    assert_eq!(name(&[attributes, ("OTEL_SERVICE_NAME", "till")]), "till");
}

#[test]
fn every_problem_names_its_variable_and_no_value() {
    let found = problems(&[
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://user:hunter2@c",
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/missing"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_RESOURCE_ATTRIBUTES", "hunter2"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
    ]);
    let names: Vec<_> = found
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        names,
        [
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "OTEL_TRACES_SAMPLER_ARG",
            "OTEL_RESOURCE_ATTRIBUTES",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_COMPRESSION",
            "OTEL_TRACES_EXPORTER",
        ]
    );
    assert!(!found.join("\n").contains("hunter2"), "{found:?}");
}

#[test]
fn headers_come_from_one_place() {
    let found = problems(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS_FILE", "/headers"),
    ]);
    assert_eq!(
        found,
        [
            "OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_HEADERS_FILE are both set: unset one of them"
        ]
    );
}
