use anyhow::Result;
use authbackend_e2e::cluster::{Namespace, kubectl};
use authbackend_e2e::command::run;
use authbackend_e2e::operator;
use authbackend_e2e::postgres::Database;
use authbackend_e2e::resource::AuthBackend;
use serde_json::json;

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
            operator::install(&[r#"podAnnotations={"e2e/release": "next"}"#])?;
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
