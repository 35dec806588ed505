use std::time::Duration;

use anyhow::Result;
use authbackend_e2e::cluster::{Namespace, kubectl};
use authbackend_e2e::command::run;
use authbackend_e2e::operator;
use authbackend_e2e::postgres::Database;
use authbackend_e2e::resource::AuthBackend;
use authbackend_e2e::wait::{Look, throughout, until};
use serde_json::{Value, json};

use crate::setup;

#[test]
fn an_upgrade_of_the_operator_restarts_no_server() -> Result<()> {
    setup::on_stage(
        &setup::operator_alone()?,
        "helm-upgrade",
        &json!({}),
        |stage| {
            let load = stage.load()?;
            let before = stage.backend.pods()?;
            // Another release of the chart with other values, and the server's image of before.
            operator::install_release(
                "9.9.9",
                &[
                    "replicas=2",
                    r#"podAnnotations={"e2e/release": "next"}"#,
                    r#"commonLabels={"e2e/release": "next"}"#,
                    r#"logging.level="debug""#,
                ],
            )?;
            // The new operator has seen the resource once it acts on a change that needs no pod.
            stage
                .backend
                .change(&json!({"exposure": {"service": {"annotations": {"e2e/seen": "yes"}}}}))?;
            stage.namespace.wait(
                "service/shop",
                r"jsonpath={.metadata.annotations.e2e/seen}=yes",
                60,
            )?;
            stage.backend.wait_ready()?;
            assert_eq!(stage.backend.pods()?, before);
            load.finish().map(drop)
        },
    )
}

/// The kinds that the operator writes, the resource itself included.
const WRITTEN: [&str; 7] = [
    "authbackends",
    "configmaps",
    "deployments",
    "jobs",
    "poddisruptionbudgets",
    "secrets",
    "services",
];
/// A lease that was not released is free after 15 seconds.
const TAKEOVER_LIMIT: Duration = Duration::from_secs(30);
/// Longer than a new operator takes to have reconciled everything.
const SETTLING: Duration = Duration::from_secs(5);

/// The version of every object, which each write changes.
fn versions(namespace: &Namespace) -> Result<Vec<Value>> {
    let mut versions = Vec::new();
    for kind in WRITTEN {
        let objects = namespace.list(kind, "")?;
        versions.extend(
            objects
                .iter()
                .map(|object| object["metadata"]["resourceVersion"].clone()),
        );
    }
    Ok(versions)
}

#[test]
fn the_charts_own_test_passes() -> Result<()> {
    let _operator = setup::operator()?;
    let said = operator::test()?;
    assert!(said.contains("Succeeded"), "{said}");
    Ok(())
}

#[test]
fn a_new_operator_writes_nothing_where_nothing_has_changed() -> Result<()> {
    setup::on_stage(&setup::operator_alone()?, "at-rest", &json!({}), |stage| {
        let before = versions(stage.namespace)?;
        let leader = operator::leader()?;
        operator::install(&[r#"podAnnotations={"e2e/release": "next"}"#])?;
        until("new leader", TAKEOVER_LIMIT, || {
            let now = operator::leader()?;
            let taken_over = now.is_some() && now != leader;
            Ok(if taken_over {
                Look::Done(())
            } else {
                Look::NotYet(format!("{now:?}"))
            })
        })?;
        throughout("unwritten", SETTLING, || {
            Ok(versions(stage.namespace)? == before)
        })
    })
}

#[test]
fn an_uninstall_keeps_the_definition_the_resources_and_what_runs() -> Result<()> {
    setup::on_stage(
        &setup::operator_alone()?,
        "uninstall",
        &json!({}),
        |stage| {
            let load = stage.load()?;
            let before = stage.backend.pods()?;
            operator::uninstall()?;
            operator::wait_until_gone()?;
            run(kubectl()?.args(["get", "crd", "authbackends.authbackend.dev"]))?;
            assert_eq!(stage.backend.pods()?, before);
            operator::install(&[])?;
            stage.backend.wait_ready()?;
            assert_eq!(
                stage.backend.pods()?,
                before,
                "the new operator takes over what the old one left"
            );
            load.finish().map(drop)
        },
    )
}

#[test]
fn bound_to_a_namespace_it_works_there_and_nowhere_else() -> Result<()> {
    let _operator = setup::operator_alone()?;
    Namespace::with("inside", |inside| {
        Namespace::with("outside", |outside| {
            operator::install(&[&format!(r#"watchNamespaces=["{}"]"#, inside.name())])?;
            let database = Database::create("inside", "inside-Pa55word")?;
            for namespace in [outside, inside] {
                setup::write_secret(namespace, &database)?;
            }
            let ignored = AuthBackend::declare(outside, &setup::by_url(), &json!({}))?;
            AuthBackend::ready(inside, &setup::by_url(), &json!({}))?;
            assert!(ignored.get()?["status"].is_null());
            Ok(())
        })
    })
}
