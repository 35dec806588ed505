use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::chart;

type Rights = BTreeMap<String, BTreeSet<String>>;

/// `group/resource` with its verbs.
fn rights(role: &Value) -> Result<Rights> {
    let strings = |rule: &Value, field: &str| -> Result<Vec<String>> {
        let list = rule[field]
            .as_array()
            .with_context(|| format!("{field} is no list"))?;
        Ok(list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    };
    let mut rights = Rights::new();
    for rule in role["rules"].as_array().context("no rules")? {
        for group in strings(rule, "apiGroups")? {
            for resource in strings(rule, "resources")? {
                let verbs = rights.entry(format!("{group}/{resource}")).or_default();
                verbs.extend(strings(rule, "verbs")?);
            }
        }
    }
    Ok(rights)
}

fn named<'a>(manifests: &'a [Value], kind: &str, name: &str) -> Result<&'a Value> {
    let mut found = chart::of_kind(manifests, kind).into_iter();
    found
        .find(|role| role["metadata"]["name"] == name)
        .with_context(|| format!("no {kind} {name}"))
}

/// All that the operator may do where it watches. A new right is a decision: it changes this list.
fn allowed() -> Rights {
    let applied = "get list watch create patch";
    let optional = "get list watch create patch delete";
    [
        ("authbackend.dev/authbackends", "get list watch"),
        ("authbackend.dev/authbackends/status", "patch"),
        ("authbackend.dev/authbackends/finalizers", "update"),
        ("/configmaps", optional),
        ("/services", applied),
        ("/serviceaccounts", applied),
        ("/secrets", applied),
        ("/pods", "list"),
        ("apps/deployments", applied),
        ("apps/statefulsets", applied),
        ("apps/replicasets", "list"),
        ("batch/jobs", "get list watch create delete"),
        ("policy/poddisruptionbudgets", optional),
        ("autoscaling/horizontalpodautoscalers", optional),
        ("networking.k8s.io/ingresses", optional),
        ("networking.k8s.io/networkpolicies", optional),
        ("gateway.networking.k8s.io/httproutes", optional),
        ("cert-manager.io/certificates", optional),
        ("postgresql.cnpg.io/clusters", "get list watch"),
        ("monitoring.coreos.com/podmonitors", optional),
        ("monitoring.coreos.com/servicemonitors", optional),
        ("events.k8s.io/events", "create patch"),
    ]
    .into_iter()
    .map(|(resource, verbs)| {
        (
            resource.to_owned(),
            verbs.split(' ').map(str::to_owned).collect(),
        )
    })
    .collect()
}

#[test]
fn the_operator_may_do_what_is_listed_and_no_more() -> Result<()> {
    let manifests = chart::manifests(&[])?;
    assert_eq!(
        rights(named(&manifests, "ClusterRole", chart::RELEASE)?)?,
        allowed()
    );
    Ok(())
}

#[test]
fn no_role_has_a_wildcard() -> Result<()> {
    for settings in [vec![], vec![r#"watchNamespaces=["team-a"]"#]] {
        for role in chart::manifests(&settings)?
            .iter()
            .filter(|manifest| !manifest["rules"].is_null())
        {
            assert!(!role["rules"].to_string().contains('*'), "{role}");
        }
    }
    Ok(())
}

#[test]
fn each_rule_says_why() -> Result<()> {
    let rules = chart::file("templates/_rules.tpl")?;
    let lines: Vec<&str> = rules.lines().collect();
    for (index, _) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.starts_with("- apiGroups:"))
    {
        let before = index.checked_sub(1).and_then(|before| lines.get(before));
        assert!(
            before.is_some_and(|line| line.starts_with('#')),
            "line {}",
            index + 1
        );
    }
    Ok(())
}

#[test]
fn bound_to_namespaces_it_has_the_same_rights_there_and_none_elsewhere() -> Result<()> {
    let manifests = chart::manifests(&[r#"watchNamespaces=["team-a", "team-b"]"#])?;
    assert!(chart::of_kind(&manifests, "ClusterRole").is_empty());
    assert!(chart::of_kind(&manifests, "ClusterRoleBinding").is_empty());
    let mut namespaces = Vec::new();
    for role in chart::of_kind(&manifests, "Role") {
        if role["metadata"]["name"] == chart::RELEASE {
            assert_eq!(rights(role)?, allowed());
            namespaces.push(role["metadata"]["namespace"].clone());
        }
    }
    assert_eq!(namespaces, ["team-a", "team-b"]);
    Ok(())
}

#[test]
fn the_operator_is_told_the_namespaces_that_it_has_rights_in() -> Result<()> {
    let deployment = chart::only(&[r#"watchNamespaces=["team-a", "team-b"]"#], "Deployment")?;
    let env = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
    let variables = env.as_array().context("no env")?;
    assert!(variables.contains(&json!({"name": "WATCH_NAMESPACES", "value": "team-a,team-b"})));
    Ok(())
}

#[test]
fn every_role_is_bound_to_the_operators_account() -> Result<()> {
    let subject =
        json!([{"kind": "ServiceAccount", "name": "someone", "namespace": chart::NAMESPACE}]);
    for settings in [vec![], vec![r#"watchNamespaces=["team-a"]"#]] {
        let settings = [settings, vec![r#"serviceAccount.name="someone""#]].concat();
        let manifests = chart::manifests(&settings)?;
        let bindings = manifests
            .iter()
            .filter(|manifest| !manifest["roleRef"].is_null());
        let mut bound = 0;
        for binding in bindings {
            let role = &binding["roleRef"];
            let kind = role["kind"].as_str().context("no kind")?;
            named(&manifests, kind, role["name"].as_str().context("no name")?)?;
            assert_eq!(binding["subjects"], subject);
            bound += 1;
        }
        assert_eq!(bound, 2);
    }
    Ok(())
}

#[test]
fn leases_are_written_in_the_operators_own_namespace_only() -> Result<()> {
    let manifests = chart::manifests(&[])?;
    let role = named(&manifests, "Role", "authbackend-operator-leader-election")?;
    assert_eq!(role["metadata"]["namespace"], chart::NAMESPACE);
    assert!(!allowed().contains_key("coordination.k8s.io/leases"));
    Ok(())
}

#[test]
fn releases_of_one_namespace_have_a_lease_each_and_rights_to_no_other() -> Result<()> {
    let former = r#"leaderElection.leaseName="authbackend-operator""#;
    let second = r#"fullnameOverride="second""#;
    for (settings, name, lease) in [
        (&[][..], "authbackend-operator", "authbackend-operator"),
        (&[second], "second", "second"),
        (&[second, former], "second", "authbackend-operator"),
    ] {
        let manifests = chart::manifests(settings)?;
        let deployment = named(&manifests, "Deployment", name)?;
        let variables = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
        let mut variables = variables.as_array().into_iter().flatten();
        let variable = variables.find(|variable| variable["name"] == "LEASE_NAME");
        assert_eq!(variable.context("LEASE_NAME is not set")?["value"], lease);
        let role = named(&manifests, "Role", &format!("{name}-leader-election"))?;
        assert_eq!(role["rules"][1]["resourceNames"], json!([lease]));
    }
    Ok(())
}

#[test]
fn who_may_edit_a_namespace_may_declare_but_not_report() -> Result<()> {
    let manifests = chart::manifests(&[])?;
    let edit = rights(named(
        &manifests,
        "ClusterRole",
        "authbackend-operator-edit",
    )?)?;
    assert!(edit["authbackend.dev/authbackends"].contains("create"));
    assert!(!edit.contains_key("authbackend.dev/authbackends/status"));
    Ok(())
}

#[test]
fn roles_can_be_left_to_someone_else() -> Result<()> {
    for manifest in chart::manifests(&["rbac.create=false"])? {
        assert!(
            manifest["rules"].is_null() && manifest["roleRef"].is_null(),
            "{manifest}"
        );
    }
    Ok(())
}
