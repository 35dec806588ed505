use anyhow::Result;
use authbackend_e2e::cluster::Namespace;
use authbackend_e2e::postgres::{Database, HOST};
use authbackend_e2e::resource::AuthBackend;
use serde_json::json;

use crate::setup;

#[test]
fn the_parts_of_a_connection_serve_as_well_as_a_url() -> Result<()> {
    let _operator = setup::operator()?;
    Namespace::with("parts", |namespace| {
        // What would have to be escaped in a URL.
        let database = Database::create("parts", "p@ss:w/rd?#%20")?;
        namespace.secret("role", &[("password", &database.password)])?;
        let connection = json!({"connection": {
            "host": HOST,
            "name": database.name,
            "user": database.name,
            "passwordRef": {"name": "role", "key": "password"},
            "sslMode": "disable",
        }});
        AuthBackend::ready(namespace, &connection, &json!({}))?;
        setup::load(namespace)?.finish().map(drop)
    })
}

#[test]
fn a_secret_that_comes_late_is_waited_for_by_name() -> Result<()> {
    let _operator = setup::operator()?;
    Namespace::with("late", |namespace| {
        let database = Database::create("late", "late-Pa55word")?;
        let backend = AuthBackend::declare(namespace, &setup::by_url(), &json!({}))?;
        let ready = backend.wait_reason("Ready", "WaitingForSecret")?;
        assert!(!ready.status);
        assert!(ready.message.contains(setup::SECRET), "{}", ready.message);
        assert_eq!(
            backend.jobs()?,
            Vec::<serde_json::Value>::new(),
            "nothing migrates yet"
        );
        setup::write_secret(namespace, &database)?;
        backend.wait_ready()
    })
}

#[test]
fn a_spec_that_cannot_work_is_refused_with_a_reason() -> Result<()> {
    Namespace::with("refused", |namespace| {
        let both = json!({"managed": {}, "secretRef": {"name": "a", "key": "b"}});
        let refusal = namespace.refusal(&authbackend_e2e::resource::manifest(&both))?;
        assert!(
            refusal.contains("set exactly one of secretRef, connection, cnpg and managed"),
            "{refusal}"
        );
        Ok(())
    })
}
