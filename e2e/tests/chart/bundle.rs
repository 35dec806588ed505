//! The bundle for the Operator Lifecycle Manager, in `olm/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use authbackend_e2e::command;
use serde_json::{Value, json};

use crate::chart;

const SERVICE_VERSION: &str = "manifests/authbackend-operator.clusterserviceversion.yaml";
const DEFINITION: &str = "manifests/authbackends.authbackend.dev.crd.yaml";

fn folder() -> PathBuf {
    command::repository().join("olm")
}

fn service_version() -> Result<Value> {
    let text = fs::read_to_string(folder().join(SERVICE_VERSION))?;
    Ok(serde_saphyr::from_str(&text)?)
}

/// What the operator framework finds wrong with a bundle. It succeeds all the same.
fn faults(bundle: &Path) -> Result<Vec<String>> {
    let mut verify = command::tool("operator-verify")?;
    verify.args(["manifests", "--operatorhub_validate", "--object_validate"]);
    let (_, findings) = command::output_and_warnings(verify.arg(bundle))?;
    let faults = findings.lines().filter(|line| line.contains("level=error"));
    Ok(faults.map(str::to_owned).collect())
}

/// A copy of the bundle without one of its manifests.
fn without(manifest: &str) -> Result<tempfile::TempDir> {
    // It does not look into folders that are hidden.
    let copy = tempfile::Builder::new().prefix("bundle").tempdir()?;
    for part in ["manifests", "metadata"] {
        fs::create_dir(copy.path().join(part))?;
        for entry in fs::read_dir(folder().join(part))? {
            let entry = entry?;
            let to = copy.path().join(part).join(entry.file_name());
            fs::copy(entry.path(), to)?;
        }
    }
    fs::remove_file(copy.path().join(manifest))?;
    Ok(copy)
}

#[test]
fn the_operator_framework_finds_no_fault_with_the_bundle() -> Result<()> {
    assert_eq!(faults(&folder())?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_fault_of_the_bundle_would_be_found() -> Result<()> {
    let incomplete = without(DEFINITION)?;
    let faults = faults(incomplete.path())?;
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("not found in bundle")),
        "{faults:?}"
    );
    Ok(())
}

#[test]
fn the_bundle_has_the_charts_deployment_but_for_namespaces_and_user() -> Result<()> {
    let version = service_version()?;
    let deployments = &version["spec"]["install"]["spec"]["deployments"];
    assert_eq!(deployments.as_array().map(Vec::len), Some(1));
    let mut bundled = deployments[0]["spec"]["template"]["spec"].clone();
    let mut rendered = chart::only(&[], "Deployment")?["spec"]["template"]["spec"].clone();
    let context = rendered["securityContext"].as_object_mut();
    let context = context.context("no security context")?;
    for id in ["runAsUser", "runAsGroup"] {
        context.remove(id);
    }
    let variables = bundled["containers"][0]["env"].as_array_mut();
    let variables = variables.context("no variables")?;
    let namespaces = variables
        .iter_mut()
        .find(|variable| variable["name"] == "WATCH_NAMESPACES");
    let namespaces = namespaces.context("no namespaces")?;
    let path = &namespaces["valueFrom"]["fieldRef"]["fieldPath"];
    assert_eq!(path, "metadata.annotations['olm.targetNamespaces']");
    *namespaces = json!({"name": "WATCH_NAMESPACES", "value": ""});
    assert_eq!(bundled, rendered);
    Ok(())
}

#[test]
fn the_bundle_asks_for_the_charts_rights_in_watched_namespaces_only() -> Result<()> {
    let version = service_version()?;
    let install = &version["spec"]["install"]["spec"];
    // Rights in the whole cluster, whatever is watched.
    assert!(install["clusterPermissions"].is_null());
    let manifests = chart::manifests(&[])?;
    let names = [
        "authbackend-operator",
        "authbackend-operator-leader-election",
    ];
    let rules = |role: &Value| role["rules"].as_array().cloned().unwrap_or_default();
    let roles = manifests.iter().filter(|object| {
        let is_role = object["kind"] == "ClusterRole" || object["kind"] == "Role";
        is_role && names.iter().any(|name| object["metadata"]["name"] == *name)
    });
    let rendered: Vec<Value> = roles.flat_map(rules).collect();
    assert!(rendered.len() > names.len());
    let permissions = &install["permissions"];
    assert_eq!(permissions.as_array().map(Vec::len), Some(1));
    assert_eq!(permissions[0]["rules"], Value::from(rendered));
    assert_eq!(permissions[0]["serviceAccountName"], "authbackend-operator");
    Ok(())
}

#[test]
fn each_image_of_the_bundle_is_related_to_it() -> Result<()> {
    let version = service_version()?;
    let related = version["spec"]["relatedImages"].as_array();
    let mut related: Vec<_> = related
        .into_iter()
        .flatten()
        .filter_map(|image| image["image"].as_str())
        .collect();
    let images = crate::images::images(&[])?;
    let mut images: Vec<&str> = images.iter().map(String::as_str).collect();
    related.sort_unstable();
    images.sort_unstable();
    assert_eq!(related, images);
    Ok(())
}
