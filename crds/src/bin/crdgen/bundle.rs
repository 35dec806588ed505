//! The bundle that the Operator Lifecycle Manager (OLM) installs from, made of what Helm renders of the chart: the same
//! Deployment and the same rights, in OLM's form. <https://olm.operatorframework.io/docs/tasks/creating-operator-bundle/>

mod packaging;
mod resource;
mod service_version;

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use serde_json::{Value, json};

use crate::{Error, GENERATED};

/// Where releases appear. One that is not alpha any longer gets a channel of its own.
const CHANNEL: &str = "alpha";

/// Labels that say that Helm manages an object.
const OF_HELM: [&str; 2] = ["app.kubernetes.io/managed-by", "helm.sh/chart"];

/// Kinds that OLM makes by itself, from the `ClusterServiceVersion` or from the definition.
const MADE_BY_OLM: [&str; 4] = [
    "ServiceAccount",
    "CustomResourceDefinition",
    "ClusterRoleBinding",
    "RoleBinding",
];

/// Kinds that a bundle cannot have. docs/operations.md says what that means.
const NOT_OFFERED: [&str; 2] = [
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// What there is to make a bundle of.
pub(crate) struct Sources<'a> {
    /// The `CustomResourceDefinition`.
    pub(crate) crd: &'a Value,
    /// Chart.yaml.
    pub(crate) chart: &'a Value,
    /// What Helm renders of the chart with its default values.
    pub(crate) rendered: &'a [Value],
    /// The project's icon, as SVG.
    pub(crate) icon: ByteString,
}

/// The bundle's files, by their paths in its folder.
pub(crate) fn files(sources: &Sources<'_>) -> Result<BTreeMap<String, String>, Error> {
    let name = text(&sources.chart["name"])?;
    let mut manifests = vec![(
        format!("{name}.clusterserviceversion.yaml"),
        service_version::cluster_service_version(sources)?,
    )];
    manifests.push((
        format!("{}.crd.yaml", text(&sources.crd["metadata"]["name"])?),
        sources.crd.clone(),
    ));
    for object in beside(sources.rendered)? {
        let kind = text(&object["kind"])?.to_lowercase();
        let file = format!("{}.{kind}.yaml", text(&object["metadata"]["name"])?);
        manifests.push((file, object));
    }
    let mut files = BTreeMap::new();
    for (file, object) in manifests {
        files.insert(format!("manifests/{file}"), yaml(&object)?);
    }
    let annotations = packaging::annotations(name);
    files.insert(
        "metadata/annotations.yaml".to_owned(),
        yaml(&json!({ "annotations": annotations }))?,
    );
    files.insert(
        "tests/scorecard/config.yaml".to_owned(),
        yaml(&packaging::scorecard())?,
    );
    files.insert(
        "bundle.Dockerfile".to_owned(),
        packaging::dockerfile(&annotations)?,
    );
    Ok(files)
}

/// The objects that are manifests of their own in the bundle. An error names what there is no decision about.
fn beside(rendered: &[Value]) -> Result<Vec<Value>, Error> {
    let mut beside = Vec::new();
    for object in rendered {
        let kind = text(&object["kind"])?;
        let is_test = object["metadata"]["annotations"]["helm.sh/hook"] == "test";
        if is_test || MADE_BY_OLM.contains(&kind) || NOT_OFFERED.contains(&kind) {
            continue;
        }
        match kind {
            // Of the ClusterServiceVersion.
            "Deployment" | "Role" => {}
            "ClusterRole" if !is_aggregated(object) => {}
            "ClusterRole" | "Service" => {
                let mut object = without_helm(object.clone());
                if let Some(metadata) = object["metadata"].as_object_mut() {
                    // OLM's to say.
                    metadata.remove("namespace");
                }
                beside.push(object);
            }
            _ => return Err(format!("{kind}: say in bundle.rs what becomes of it").into()),
        }
    }
    Ok(beside)
}

/// Whether the rights are the users', not the operator's.
fn is_aggregated(role: &Value) -> bool {
    let labels = role["metadata"]["labels"].as_object();
    labels.is_some_and(|labels| {
        labels
            .keys()
            .any(|label| label.starts_with("rbac.authorization.k8s.io/aggregate-to-"))
    })
}

/// Takes Helm's labels from everything in `value`.
fn without_helm(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !OF_HELM.contains(&name.as_str()));
            for field in fields.values_mut() {
                *field = without_helm(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_helm(item.take());
            }
        }
        _ => {}
    }
    value
}

fn one_of_kind<'a>(rendered: &'a [Value], kind: &str) -> Result<&'a Value, Error> {
    let mut found = rendered.iter().filter(|object| object["kind"] == kind);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(format!("not one {kind} is rendered").into()),
    }
}

fn text(value: &Value) -> Result<&str, Error> {
    Ok(value
        .as_str()
        .ok_or_else(|| format!("{value} is no text"))?)
}

fn yaml(object: &Value) -> Result<String, Error> {
    Ok(format!(
        "# {GENERATED}\n{}",
        serde_saphyr::to_string(object)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_nobody_decided_on_is_an_error_that_names_it() {
        let rendered = [json!({"kind": "Ingress", "metadata": {"name": "a"}})];
        let error = beside(&rendered).unwrap_err();
        assert!(error.to_string().starts_with("Ingress: "), "{error}");
    }
}
