use anyhow::{Context as _, Result};
use authbackend_e2e::cluster::Namespace;
use authbackend_e2e::operator;
use authbackend_e2e::postgres::Database;
use authbackend_e2e::resource::AuthBackend;
use serde_json::json;

use crate::setup;

/// The decoded value of a key of a Secret.
fn secret(namespace: &Namespace, name: &str, key: &str) -> Result<String> {
    let template = format!("--output=go-template={{{{index .data \"{key}\" | base64decode}}}}");
    authbackend_e2e::command::run(
        namespace
            .kubectl()?
            .args(["get", "secret", name, &template]),
    )
}

#[test]
fn no_secret_is_in_objects_events_or_logs_while_all_is_well() -> Result<()> {
    setup::on_stage(&setup::operator()?, "secrecy", &json!({}), |stage| {
        stage.load()?.finish()?;
        let signing = secret(stage.namespace, "shop-signing", "secret")?;
        assert!(signing.len() >= 32, "no signing secret was made");
        let text = stage.everything()?;
        for secret in [&stage.database.password, &signing] {
            assert!(!text.contains(secret.as_str()), "a secret shows");
        }
        Ok(())
    })
}

#[test]
fn no_secret_is_in_objects_events_or_logs_when_the_database_refuses_it() -> Result<()> {
    let _operator = setup::operator()?;
    Namespace::with("refused", |namespace| {
        let mut database = Database::create("refused", "right-Pa55word")?;
        "wrong-Pa55word".clone_into(&mut database.password);
        setup::write_secret(namespace, &database)?;
        let backend = AuthBackend::declare(
            namespace,
            &setup::by_url(),
            &json!({"migration": {"backoffLimit": 0}}),
        )?;
        backend.wait("Stalled")?;
        let stalled = backend.condition("Stalled")?.context("no Stalled")?;
        assert!(
            stalled.message.contains("password authentication failed"),
            "{}",
            stalled.message
        );
        let text = namespace.describe()? + &operator::log()?;
        assert!(!text.contains(&database.password), "the password shows");
        Ok(())
    })
}
