use serde_json::json;

use super::*;
use crate::build::pod::{mount, variable};

fn template(value: Value) -> PodTemplate {
    serde_json::from_value(value).unwrap()
}

fn base() -> PodTemplateSpec {
    serde_json::from_value(json!({
        "metadata": {"labels": {"app.kubernetes.io/name": "authbackend"}},
        "spec": {
            "containers": [{
                "name": "server",
                "image": "server:1",
                "env": [variable("AUTH_BASE_URL", "https://a.example"), variable("LOG_LEVEL", "info")],
                "volumeMounts": [mount("config", "/etc/authbackend/config", true)],
            }],
            "volumes": [{"name": "config", "configMap": {"name": "shop-config"}}],
            "tolerations": [{"key": "old"}],
        },
    }))
    .unwrap()
}

fn merged(patch: Value) -> Value {
    serde_json::to_value(applied(base(), Some(&template(patch)), "server")).unwrap()
}

fn problems_of(patch: Value) -> Vec<String> {
    guard::problems(&template(patch))
}

#[test]
fn nothing_added_changes_nothing() {
    assert_eq!(applied(base(), None, "server"), base());
    assert_eq!(
        applied(base(), Some(&PodTemplate::default()), "server"),
        base()
    );
}

#[test]
fn variables_volumes_and_mounts_are_merged_by_their_keys() {
    let merged = merged(json!({"spec": {
        "containers": [{
            "name": "server",
            "env": [{"name": "LOG_LEVEL", "value": "debug"}, {"name": "HTTPS_PROXY", "value": "http://proxy"}],
            "volumeMounts": [{"name": "ca", "mountPath": "/etc/ssl/extra"}],
        }],
        "volumes": [{"name": "ca", "configMap": {"name": "ca"}}],
    }}));
    let server = &merged["spec"]["containers"][0];
    assert_eq!(server["image"], "server:1");
    let env: Vec<_> = server["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["value"].clone())
        .collect();
    assert_eq!(env, ["https://a.example", "debug", "http://proxy"]);
    assert_eq!(server["volumeMounts"].as_array().unwrap().len(), 2);
    assert_eq!(merged["spec"]["volumes"].as_array().unwrap().len(), 2);
}

#[test]
fn lists_without_a_key_are_replaced() {
    let merged = merged(json!({"spec": {"tolerations": [{"key": "new"}]}}));
    assert_eq!(merged["spec"]["tolerations"], json!([{"key": "new"}]));
}

#[test]
fn null_takes_nothing_away() {
    let server = json!({"name": "server", "env": null});
    let patch = json!({"spec": {"containers": [server], "volumes": null}});
    let expected = serde_json::to_value(base()).unwrap();
    assert_eq!(merged(patch), expected);
}

#[test]
fn null_is_refused_wherever_it_is() {
    for (patch, path) in [
        (json!({"metadata": null}), "metadata"),
        (
            json!({"spec": {"securityContext": null}}),
            "spec.securityContext",
        ),
        (
            json!({"spec": {"containers": [{"name": "server", "env": null}]}}),
            "spec.containers[server].env",
        ),
        (
            json!({"spec": {"tolerations": [{"key": null}]}}),
            "spec.tolerations[0].key",
        ),
        (
            json!({"spec": {"volumes": [{"name": "config", "configMap": null, "emptyDir": {}}]}}),
            "spec.volumes[config].configMap",
        ),
    ] {
        refused(&patch, path, "remove it");
    }
}

#[test]
fn an_item_that_is_listed_twice_is_refused_with_its_key() {
    let sidecar = json!({"name": "proxy", "image": "proxy:1"});
    let mut with_ports = sidecar.clone();
    with_ports["ports"] = json!([{"containerPort": 90}, {"containerPort": 90, "protocol": "TCP"}]);
    let variable = json!({"name": "A", "value": "x"});
    let server = json!({"name": "server", "env": [variable, variable]});
    for (list, items, path) in [
        (
            "initContainers",
            json!([sidecar, sidecar]),
            "spec.initContainers[proxy]",
        ),
        (
            "initContainers",
            json!([with_ports]),
            "spec.initContainers[proxy].ports[90/TCP]",
        ),
        (
            "containers",
            json!([server]),
            "spec.containers[server].env[A]",
        ),
        (
            "topologySpreadConstraints",
            json!([
                {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"},
                {"topologyKey": "zone", "maxSkew": 2, "whenUnsatisfiable": "ScheduleAnyway"},
            ]),
            "spec.topologySpreadConstraints[zone]",
        ),
    ] {
        refused(&json!({"spec": {list: items}}), path, "listed twice");
    }
}

#[test]
fn what_is_said_of_the_server_also_concerns_the_migration() {
    let mut base = base();
    base.spec.as_mut().unwrap().containers[0].name = "migrate".to_owned();
    let patch = template(
        json!({"spec": {"containers": [{"name": "server", "env": [{"name": "A", "value": "b"}]}]}}),
    );
    let merged = applied(base, Some(&patch), "migrate").spec.unwrap();
    assert_eq!(merged.containers.len(), 1);
    assert_eq!(merged.containers[0].env.as_ref().unwrap().len(), 3);
}

#[test]
fn a_sidecar_is_restricted_where_it_says_nothing() {
    let merged = merged(json!({"spec": {"initContainers": [{
        "name": "proxy", "image": "proxy:1", "restartPolicy": "Always", "securityContext": {"runAsUser": 1000},
    }]}}));
    let context = &merged["spec"]["initContainers"][0]["securityContext"];
    assert_eq!(
        *context,
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "runAsUser": 1000})
    );
}

#[test]
fn what_is_allowed_has_no_problem() {
    let allowed = json!({
        "metadata": {"labels": {"team": "a"}, "annotations": {"sidecar.istio.io/inject": "false"}},
        "spec": {
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {}},
            "runtimeClassName": "gvisor",
            "securityContext": {"supplementalGroups": [2000]},
            "containers": [{
                "name": "server",
                "env": [{"name": "HTTPS_PROXY", "value": "http://proxy"}],
                "volumeMounts": [{"name": "ca", "mountPath": "/etc/ssl/extra"}],
            }],
            "initContainers": [{
                "name": "proxy", "image": "proxy:1", "restartPolicy": "Always",
                "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}},
            }],
            "volumes": [{"name": "ca", "configMap": {"name": "ca"}}],
        },
    });
    assert_eq!(problems_of(allowed), Vec::<String>::new());
}

/// Checks that `patch` is refused for the field at `path` alone, with this remedy.
fn refused(patch: &Value, path: &str, remedy: &str) {
    let problems = problems_of(patch.clone());
    assert_eq!(problems.len(), 1, "{patch}: {problems:?}");
    assert!(
        problems[0].starts_with(&format!("podTemplate.{path}: ")),
        "{problems:?}"
    );
    assert!(problems[0].contains(remedy), "{problems:?}");
}

#[test]
fn guarded_fields_of_the_pod_are_refused_with_their_path_and_a_remedy() {
    for (field, value, remedy) in [
        ("hostNetwork", json!(true), "remove it"),
        (
            "serviceAccountName",
            json!("x"),
            "annotate the ServiceAccount",
        ),
        ("automountServiceAccountToken", json!(true), "remove it"),
        ("imagePullSecrets", json!([]), "imagePullSecrets of spec"),
        ("priorityClassName", json!("x"), "priorityClassName of spec"),
    ] {
        refused(
            &json!({"spec": {field: value}}),
            &format!("spec.{field}"),
            remedy,
        );
    }
    refused(
        &json!({"spec": {"securityContext": {"runAsUser": 0}}}),
        "spec.securityContext.runAsUser",
        "remove it",
    );
    refused(
        &json!({"spec": {"volumes": [{"name": "signing", "emptyDir": {}}]}}),
        "spec.volumes[signing]",
        "another name",
    );
    refused(
        &json!({"spec": {"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}}),
        "spec.volumes[x].hostPath",
        "another kind",
    );
    for (part, name) in [
        ("labels", "app.kubernetes.io/name"),
        ("annotations", "authbackend.dev/config-hash"),
    ] {
        let patch = json!({"metadata": {part: {name: "x"}}});
        refused(&patch, &format!("metadata.{part}[{name}]"), "another name");
    }
}

#[test]
fn guarded_fields_of_the_server_are_refused_with_their_path_and_a_remedy() {
    let variable = json!([{"name": "AUTH_SECRET", "value": "x"}]);
    let mount = json!([{"name": "x", "mountPath": "/etc/authbackend/signing"}]);
    for (field, value, path, remedy) in [
        ("image", json!("x"), "image", "image or version"),
        ("command", json!(["x"]), "command", "remove it"),
        ("ports", json!([]), "ports", "remove it"),
        ("livenessProbe", json!({}), "livenessProbe", "remove it"),
        ("securityContext", json!({}), "securityContext", "remove it"),
        ("resources", json!({}), "resources", "resources of spec"),
        ("envFrom", json!([]), "envFrom", "list the variables"),
        ("env", variable, "env[AUTH_SECRET]", "another name"),
        (
            "volumeMounts",
            mount,
            "volumeMounts[/etc/authbackend/signing]",
            "another directory",
        ),
    ] {
        let patch = json!({"spec": {"containers": [{"name": "server", field: value}]}});
        refused(&patch, &format!("spec.containers[server].{path}"), remedy);
    }
}

#[test]
fn a_sidecar_that_would_keep_a_migration_from_ending_is_refused() {
    refused(
        &json!({"spec": {"containers": [{"name": "proxy", "image": "x"}]}}),
        "spec.containers[proxy]",
        "restartPolicy: Always",
    );
}

#[test]
fn a_sidecar_in_the_way_of_the_server_or_with_more_rights_is_refused() {
    for (field, value, path, remedy) in [
        (
            "ports",
            json!([{"containerPort": 8101}]),
            "ports[8101]",
            "another port",
        ),
        (
            "ports",
            json!([{"containerPort": 1, "hostPort": 1}]),
            "ports[1].hostPort",
            "restricted",
        ),
        (
            "securityContext",
            json!({"privileged": true}),
            "securityContext.privileged",
            "restricted",
        ),
        (
            "securityContext",
            json!({"runAsUser": 0}),
            "securityContext.runAsUser",
            "restricted",
        ),
        (
            "securityContext",
            json!({"capabilities": {"add": ["SYS_ADMIN"]}}),
            "securityContext.capabilities.add",
            "restricted",
        ),
    ] {
        let patch =
            json!({"spec": {"initContainers": [{"name": "s", "image": "s:1", field: value}]}});
        refused(&patch, &format!("spec.initContainers[s].{path}"), remedy);
    }
    refused(
        &json!({"spec": {"initContainers": [{"name": "migrate", "image": "x"}]}}),
        "spec.initContainers[migrate]",
        "another name",
    );
    refused(
        &json!({"spec": {"initContainers": [{"name": "s"}]}}),
        "spec.initContainers[s].image",
        "name an image",
    );
}

#[test]
fn a_misspelt_field_is_named() {
    let problems = problems_of(
        json!({"spec": {"nodeSelecter": {}, "containers": [{"name": "server", "$patch": "delete"}]}}),
    );
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("podTemplate.spec."), "{problems:?}");
    assert!(
        problems[0].contains("is no field of a pod template"),
        "{problems:?}"
    );
}

#[test]
fn what_is_no_pod_template_is_said() {
    let problems = problems_of(json!({"spec": {"nodeSelector": "ssd"}}));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with("podTemplate: is no pod template"),
        "{problems:?}"
    );
}
