//! What a registry of bundles and the tests of bundles read.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{CHANNEL, text};
use crate::{Error, GENERATED};

pub(super) fn annotations(package: &str) -> Value {
    let bundle = "operators.operatorframework.io.bundle";
    let test = "operators.operatorframework.io.test";
    json!({
        format!("{bundle}.mediatype.v1"): "registry+v1",
        format!("{bundle}.manifests.v1"): "manifests/",
        format!("{bundle}.metadata.v1"): "metadata/",
        format!("{bundle}.package.v1"): package,
        format!("{bundle}.channels.v1"): CHANNEL,
        format!("{bundle}.channel.default.v1"): CHANNEL,
        format!("{test}.mediatype.v1"): "scorecard+v1",
        format!("{test}.config.v1"): "tests/scorecard/",
    })
}

/// The tests that `operator-sdk scorecard` has of its own.
pub(super) fn scorecard() -> Value {
    let tests = [
        ("basic", "basic-check-spec"),
        ("olm", "olm-bundle-validation"),
        ("olm", "olm-crds-have-validation"),
        ("olm", "olm-crds-have-resources"),
        ("olm", "olm-spec-descriptors"),
        ("olm", "olm-status-descriptors"),
    ];
    let tests = tests.map(|(suite, test)| {
        json!({
            "image": "quay.io/operator-framework/scorecard-test:v1.42.0",
            "entrypoint": ["scorecard-test", test],
            "labels": {"suite": suite, "test": format!("{test}-test")},
        })
    });
    json!({
        "apiVersion": "scorecard.operatorframework.io/v1alpha3",
        "kind": "Configuration",
        "metadata": {"name": "config"},
        "stages": [{"parallel": true, "tests": tests}],
    })
}

/// The image of the bundle; its folder is the context.
pub(super) fn dockerfile(annotations: &Value) -> Result<String, Error> {
    let mut file = format!("# {GENERATED}\nFROM scratch\n\n");
    let labels = annotations.as_object().ok_or("no annotations")?;
    for (name, value) in labels {
        writeln!(file, "LABEL {name}={}", text(value)?)?;
    }
    file.push_str("\nCOPY manifests /manifests/\nCOPY metadata /metadata/\nCOPY tests/scorecard /tests/scorecard/\n");
    Ok(file)
}
