//! The chart under test, rendered by Helm.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use authbackend_e2e::command;
use serde_json::Value;

/// The name of the release in every render.
pub const RELEASE: &str = "authbackend-operator";
/// The namespace of the release in every render.
pub const NAMESPACE: &str = "authbackend-system";

/// Where the chart is.
pub fn directory() -> PathBuf {
    command::repository().join("charts/authbackend-operator")
}

/// A file of the chart.
pub fn file(name: &str) -> Result<String> {
    std::fs::read_to_string(directory().join(name))
        .with_context(|| format!("charts/authbackend-operator/{name}"))
}

fn template(settings: &[&str]) -> Result<Command> {
    let mut helm = command::tool("helm")?;
    helm.args(["template", RELEASE])
        .arg(directory())
        .args(["--namespace", NAMESPACE]);
    for setting in settings {
        helm.args(["--set-json", setting]);
    }
    Ok(helm)
}

/// What the chart renders with these `path=json` settings.
pub fn text(settings: &[&str]) -> Result<String> {
    command::run(&mut template(settings)?)
}

/// As [`text`], on a cluster that also serves these API versions.
pub fn text_with_apis(settings: &[&str], apis: &[&str]) -> Result<String> {
    let mut helm = template(settings)?;
    for api in apis {
        helm.args(["--api-versions", api]);
    }
    command::run(&mut helm)
}

/// Why Helm refuses these settings.
pub fn refusal(settings: &[&str]) -> Result<String> {
    command::run_refused(&mut template(settings)?, None)
}

/// The manifests that the chart renders with these settings.
pub fn manifests(settings: &[&str]) -> Result<Vec<Value>> {
    parse(&text(settings)?)
}

/// The manifests in Helm's output.
pub fn parse(text: &str) -> Result<Vec<Value>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text)?;
    Ok(documents
        .into_iter()
        .filter(|document| !document.is_null())
        .collect())
}

/// The manifests of a kind.
pub fn of_kind<'a>(manifests: &'a [Value], kind: &str) -> Vec<&'a Value> {
    manifests
        .iter()
        .filter(|manifest| manifest["kind"] == kind)
        .collect()
}

/// The only manifest of a kind.
pub fn only(settings: &[&str], kind: &str) -> Result<Value> {
    let mut found: Vec<Value> = manifests(settings)?
        .into_iter()
        .filter(|manifest| manifest["kind"] == kind)
        .collect();
    anyhow::ensure!(
        found.len() == 1,
        "{} manifests of kind {kind}, not one",
        found.len()
    );
    found.pop().context("no manifest")
}
