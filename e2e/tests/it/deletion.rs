use std::time::Duration;

use anyhow::Result;
use authbackend_e2e::cluster::Namespace;
use authbackend_e2e::command::run;
use authbackend_e2e::resource::AuthBackend;
use authbackend_e2e::wait::{Look, until};
use serde_json::{Value, json};

use crate::setup;

/// How long the cluster may take to collect what belonged to a deleted object.
const COLLECTION_LIMIT: Duration = Duration::from_mins(1);

/// The kinds that the operator makes, and the volumes behind them.
const KINDS: [&str; 8] = [
    "deployment",
    "statefulset",
    "job",
    "service",
    "configmap",
    "secret",
    "serviceaccount",
    "persistentvolumeclaim",
];

/// What is left of `shop` in a namespace, as `kind/name`.
fn left(namespace: &Namespace) -> Result<Vec<String>> {
    let mut left = Vec::new();
    for kind in KINDS {
        for object in namespace.list(kind, "app.kubernetes.io/instance=shop")? {
            left.push(format!(
                "{kind}/{}",
                object["metadata"]["name"].as_str().unwrap_or_default()
            ));
        }
    }
    Ok(left)
}

fn wait_until_left(namespace: &Namespace, expected: &[&str]) -> Result<()> {
    until("end of the collection", COLLECTION_LIMIT, || {
        let left = left(namespace)?;
        Ok(if left == expected {
            Look::Done(())
        } else {
            Look::NotYet(format!("{left:?}"))
        })
    })
}

fn managed(namespace: &Namespace, spec: &Value) -> Result<()> {
    AuthBackend::ready(namespace, &json!({"managed": {}}), spec).map(drop)
}

/// The number of users, as the managed database has it.
fn users(namespace: &Namespace) -> Result<String> {
    let query = r#"psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -tAc 'SELECT count(*) FROM "user"'"#;
    run(namespace
        .kubectl()?
        .args(["exec", "shop-postgres-0", "--", "sh", "-c", query]))
}

#[test]
fn a_retained_database_is_taken_up_again() -> Result<()> {
    let _operator = setup::operator()?;
    Namespace::with("retain", |namespace| {
        managed(namespace, &json!({}))?;
        setup::load(namespace)?.finish()?;
        let before = users(namespace)?;
        namespace.delete("authbackend/shop")?;
        wait_until_left(
            namespace,
            &[
                "secret/shop-postgres",
                "secret/shop-signing",
                "persistentvolumeclaim/data-shop-postgres-0",
            ],
        )?;
        managed(namespace, &json!({}))?;
        assert_eq!(users(namespace)?, before);
        Ok(())
    })
}

#[test]
fn a_deleted_database_leaves_nothing() -> Result<()> {
    let _operator = setup::operator()?;
    Namespace::with("delete", |namespace| {
        managed(namespace, &json!({"deletionPolicy": "Delete"}))?;
        namespace.delete("authbackend/shop")?;
        wait_until_left(namespace, &[])
    })
}
