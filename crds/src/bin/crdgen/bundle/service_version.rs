//! The `ClusterServiceVersion`: what OLM installs, and what it shows of it.

use serde_json::{Value, json};

use super::{CHANNEL, Sources, one_of_kind, resource, text, without_helm};
use crate::Error;

const DESCRIPTION: &str = "\
Declares authentication as a resource: an `AuthBackend` becomes a migrated Postgres schema and a running, replicated auth server \
that speaks better-auth's HTTP API.

- **The old version keeps serving.** Each upgrade migrates first, in a Job; pods follow when it has succeeded, and go back when they \
do not become ready.
- **Secrets rotate without a restart**, Secrets that come late are waited for by name.
- **The status says why.** Conditions with documented reasons, in the form that `kubectl wait`, Argo CD and Flux read.

The documentation is in the project's [repository](https://github.com/authbackend/authbackend).
";

pub(super) fn cluster_service_version(sources: &Sources<'_>) -> Result<Value, Error> {
    let (chart, crd) = (sources.chart, sources.crd);
    let (name, version) = (text(&chart["name"])?, text(&chart["version"])?);
    let note = |name: &str| text(&chart["annotations"][format!("artifacthub.io/{name}")]);
    let parsed = |name: &str| -> Result<Value, Error> { Ok(serde_saphyr::from_str(note(name)?)?) };
    let repository = text(&chart["home"])?;
    let operator = one_of_kind(sources.rendered, "Deployment")?;
    let maintainer = &chart["maintainers"][0];
    let modes = [
        "OwnNamespace",
        "SingleNamespace",
        "MultiNamespace",
        "AllNamespaces",
    ];
    let modes = modes.map(|mode| json!({"type": mode, "supported": true}));
    Ok(json!({
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": {
            "name": format!("{name}.v{version}"),
            "annotations": {
                "alm-examples": serde_json::to_string_pretty(&parsed("crdsExamples")?)?,
                "capabilities": note("operatorCapabilities")?,
                "categories": "Security",
                "containerImage": operator["spec"]["template"]["spec"]["containers"][0]["image"],
                "description": chart["description"],
                // Any earlier release may be left for this one.
                "olm.skipRange": format!("<{version}"),
                "repository": repository,
                "support": maintainer["name"],
            },
        },
        "spec": {
            "displayName": "AuthBackend",
            "description": DESCRIPTION,
            "version": version,
            "maturity": CHANNEL,
            "minKubeVersion": minimum(text(&chart["kubeVersion"])?),
            "keywords": chart["keywords"],
            "provider": {"name": maintainer["name"], "url": maintainer["url"]},
            "links": parsed("links")?,
            "icon": [{"mediatype": "image/svg+xml", "base64data": sources.icon}],
            "installModes": modes,
            "install": {"strategy": "deployment", "spec": {
                // In each namespace that is watched; where all of them are, OLM makes cluster roles of them.
                "permissions": [{
                    "serviceAccountName": operator["spec"]["template"]["spec"]["serviceAccountName"],
                    "rules": rights(sources.rendered)?,
                }],
                "deployments": [deployment(operator)?],
            }},
            "customresourcedefinitions": {"owned": [resource::owned(crd)?]},
            "relatedImages": parsed("images")?,
        },
    }))
}

/// `>=1.33.0-0`, as Helm wants it, is `1.33.0`.
fn minimum(range: &str) -> &str {
    range.trim_start_matches(">=").trim_end_matches("-0")
}

/// All rules of the roles that the chart binds to the operator.
fn rights(rendered: &[Value]) -> Result<Vec<Value>, Error> {
    let mut rules = Vec::new();
    for binding in rendered {
        let kind = text(&binding["kind"])?;
        if kind != "ClusterRoleBinding" && kind != "RoleBinding" {
            continue;
        }
        let role = &binding["roleRef"];
        let is_bound = |object: &&Value| {
            object["kind"] == role["kind"] && object["metadata"]["name"] == role["name"]
        };
        let bound = rendered.iter().find(is_bound);
        let bound = bound.ok_or_else(|| format!("nothing renders the role {role}"))?;
        rules.extend(bound["rules"].as_array().into_iter().flatten().cloned());
    }
    Ok(rules)
}

fn deployment(rendered: &Value) -> Result<Value, Error> {
    let mut deployment = without_helm(rendered.clone());
    let containers = &mut deployment["spec"]["template"]["spec"]["containers"];
    let variables = containers[0]["env"].as_array_mut();
    let variable = variables
        .into_iter()
        .flatten()
        .find(|variable| variable["name"] == "WATCH_NAMESPACES")
        .ok_or("the operator's container has no WATCH_NAMESPACES")?;
    // What the OperatorGroup selects; empty where that is everything.
    *variable = json!({
        "name": "WATCH_NAMESPACES",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['olm.targetNamespaces']"}},
    });
    // The image has a user, and where the cluster assigns one, as OpenShift does, no other may be named.
    let context = deployment["spec"]["template"]["spec"]["securityContext"].as_object_mut();
    let context = context.ok_or("the operator's pod has no securityContext")?;
    context.remove("runAsUser");
    context.remove("runAsGroup");
    Ok(json!({
        "name": deployment["metadata"]["name"],
        "label": deployment["metadata"]["labels"],
        "spec": deployment["spec"],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_rights_are_those_that_are_bound() {
        let role = |name: &str, right: &str| json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": [{"verbs": [right]}]});
        let binding =
            json!({"kind": "ClusterRoleBinding", "roleRef": {"kind": "ClusterRole", "name": "a"}});
        let rendered = [role("a", "get"), role("b", "delete"), binding.clone()];
        assert_eq!(rights(&rendered).unwrap(), [json!({"verbs": ["get"]})]);
        assert!(rights(&[binding]).is_err());
    }
}
