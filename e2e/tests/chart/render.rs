use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::chart;

/// Settings that together reach every branch of the templates.
const VARIANTS: [&[&str]; 5] = [
    &[],
    &[
        "replicas=2",
        r#"topologySpreadConstraints=[{"maxSkew": 1}]"#,
    ],
    &[
        r#"watchNamespaces=["team-a", "team-b"]"#,
        "leaderElection.enabled=false",
    ],
    &[
        "crds.install=false",
        "rbac.create=false",
        "serviceAccount.create=false",
        "metrics.service.enabled=false",
    ],
    &[
        "replicas=3",
        "metrics.serviceMonitor.enabled=true",
        r#"metrics.serviceMonitor.labels={"release": "prometheus"}"#,
        r#"metrics.alerts={"enabled": true, "labels": {"release": "prometheus"}}"#,
        r#"metrics.dashboard={"enabled": true, "annotations": {"grafana_folder": "Auth"}}"#,
        r#"metrics.service.annotations={"a": "b"}"#,
        r#"serviceAccount.annotations={"a": "b"}"#,
        r#"commonLabels={"team": "platform"}"#,
        r#"podLabels={"sidecar": "off"}"#,
        r#"podAnnotations={"a": "b"}"#,
        r#"extraEnv=[{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}]"#,
        r#"imagePullSecrets=["mirror"]"#,
        r#"priorityClassName="system-cluster-critical""#,
        r#"nodeSelector={"kubernetes.io/os": "linux"}"#,
        r#"tolerations=[{"operator": "Exists"}]"#,
        r#"affinity={"nodeAffinity": {}}"#,
        r#"nameOverride="auth""#,
        "assignedUserIds=true",
    ],
];
const MONITORING: &[&str] = &["monitoring.coreos.com/v1"];

#[test]
fn helm_finds_nothing_to_complain_about() -> Result<()> {
    for settings in VARIANTS {
        let mut helm = authbackend_e2e::command::tool("helm")?;
        helm.args(["lint", "--strict"]).arg(chart::directory());
        for setting in settings {
            helm.args(["--set-json", setting]);
        }
        authbackend_e2e::command::run(&mut helm)?;
    }
    Ok(())
}

#[test]
fn every_object_has_the_standard_labels() -> Result<()> {
    for settings in VARIANTS {
        for manifest in chart::parse(&chart::text_with_apis(settings, MONITORING)?)? {
            let labels = &manifest["metadata"]["labels"];
            for label in ["name", "instance", "version", "part-of", "managed-by"] {
                let label = format!("app.kubernetes.io/{label}");
                assert!(
                    labels[&label].is_string(),
                    "{} lacks {label}",
                    manifest["kind"]
                );
            }
            assert!(labels["helm.sh/chart"].is_string());
        }
    }
    Ok(())
}

#[test]
fn labels_that_are_asked_for_are_on_every_object() -> Result<()> {
    for manifest in chart::manifests(&[r#"commonLabels={"team": "platform"}"#])? {
        assert_eq!(manifest["metadata"]["labels"]["team"], "platform");
    }
    Ok(())
}

#[test]
fn the_selector_depends_on_nothing_that_an_upgrade_changes() -> Result<()> {
    let selector = |settings| -> Result<Value> {
        Ok(chart::only(settings, "Deployment")?["spec"]["selector"]["matchLabels"].clone())
    };
    let expected = json!({
        "app.kubernetes.io/name": "authbackend-operator",
        "app.kubernetes.io/instance": chart::RELEASE,
        "app.kubernetes.io/component": "operator",
    });
    assert_eq!(selector(&[])?, expected);
    assert_eq!(
        selector(&[r#"commonLabels={"a": "b"}"#, r#"image.tag="2""#])?,
        expected
    );
    Ok(())
}

#[test]
fn every_namespaced_object_names_its_namespace() -> Result<()> {
    let cluster_scoped = [
        "CustomResourceDefinition",
        "ClusterRole",
        "ClusterRoleBinding",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ];
    for manifest in chart::manifests(&["replicas=2"])? {
        let kind = manifest["kind"].as_str().context("no kind")?;
        let namespace = &manifest["metadata"]["namespace"];
        assert_eq!(
            namespace.is_null(),
            cluster_scoped.contains(&kind),
            "{kind}"
        );
    }
    Ok(())
}

#[test]
fn a_disruption_budget_needs_more_than_one_replica() -> Result<()> {
    let made = |settings| -> Result<usize> {
        Ok(chart::of_kind(&chart::manifests(settings)?, "PodDisruptionBudget").len())
    };
    assert_eq!(made(&[])?, 0, "it would block every drain");
    assert_eq!(made(&["replicas=2"])?, 1);
    assert_eq!(
        made(&["replicas=2", "podDisruptionBudget.enabled=false"])?,
        0
    );
    Ok(())
}

#[test]
fn a_service_monitor_is_made_where_the_cluster_knows_them() -> Result<()> {
    let asked = &["metrics.serviceMonitor.enabled=true"][..];
    let made = |settings, apis| -> Result<usize> {
        let manifests = chart::parse(&chart::text_with_apis(settings, apis)?)?;
        Ok(chart::of_kind(&manifests, "ServiceMonitor").len())
    };
    assert_eq!(made(asked, MONITORING)?, 1);
    assert_eq!(made(asked, &[])?, 0);
    assert_eq!(made(&[], MONITORING)?, 0);
    Ok(())
}

#[test]
fn metrics_are_scraped_from_the_admin_port() -> Result<()> {
    let service = chart::only(&[], "Service")?;
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "admin");
    Ok(())
}

#[test]
fn two_replicas_without_a_leader_are_refused() -> Result<()> {
    let refusal = chart::refusal(&["replicas=2", "leaderElection.enabled=false"])?;
    assert!(
        refusal.contains("leaderElection.enabled must be true with more than one replica"),
        "{refusal}"
    );
    Ok(())
}

#[test]
fn users_can_be_left_to_the_cluster() -> Result<()> {
    let deployment = chart::only(&["assignedUserIds=true"], "Deployment")?;
    let pod = &deployment["spec"]["template"]["spec"];
    let profile = json!({"type": "RuntimeDefault"});
    let expected = json!({"runAsNonRoot": true, "seccompProfile": profile});
    assert_eq!(pod["securityContext"], expected);
    let expected = json!({"name": "ASSIGNED_USER_IDS", "value": "true"});
    let variables = pod["containers"][0]["env"].as_array();
    assert!(variables.into_iter().flatten().any(|it| *it == expected));
    Ok(())
}

#[test]
fn one_replica_without_a_leader_is_never_doubled_by_a_rollout() -> Result<()> {
    let deployment = chart::only(&["leaderElection.enabled=false"], "Deployment")?;
    assert_eq!(deployment["spec"]["strategy"]["type"], "Recreate");
    Ok(())
}

/// The whole of what users get, reviewed as YAML. The definition is compared with the generated one elsewhere.
#[test]
fn default_values_render_as_recorded() -> Result<()> {
    insta::assert_snapshot!(chart::text(&["crds.install=false"])?);
    Ok(())
}

/// Tools of `GitOps` run hooks of Helm at other moments, or not at all.
#[test]
fn nothing_but_the_test_of_the_release_is_a_hook_of_helm() -> Result<()> {
    let mut tests = 0;
    for settings in VARIANTS {
        for object in chart::parse(&chart::text_with_apis(settings, MONITORING)?)? {
            let annotations = object["metadata"]["annotations"].as_object();
            let hook = annotations.and_then(|annotations| annotations.get("helm.sh/hook"));
            if let Some(hook) = hook {
                assert_eq!(hook, "test", "{settings:?}");
                tests += 1;
            }
        }
    }
    assert!(tests > 0, "not even the test is a hook");
    Ok(())
}
