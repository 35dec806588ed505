use kube::CustomResourceExt;
use serde_json::{Value, json};

use super::*;

/// The smallest AuthBackend, with `change` merged into its spec.
fn auth_backend(change: &Value) -> AuthBackend {
    let mut spec = json!({
        "baseURL": "https://shop.example/api",
        "database": {"secretRef": {"name": "shop-db", "key": "uri"}},
    });
    for (key, value) in change.as_object().unwrap() {
        spec[key] = value.clone();
    }
    serde_json::from_value(json!({"metadata": {"name": "shop"}, "spec": spec})).unwrap()
}

fn refusal(change: &Value) -> String {
    auth_backend(change)
        .validate_cel()
        .map_or_else(|errors| errors.to_string(), |()| "admitted".to_owned())
}

fn refusal_of_update(from: &Value, to: &Value) -> String {
    auth_backend(to)
        .validate_cel_update(&auth_backend(from))
        .map_or_else(|errors| errors.to_string(), |()| "admitted".to_owned())
}

#[test]
fn the_smallest_resource_is_admitted() {
    assert_eq!(refusal(&json!({})), "admitted");
}

#[test]
fn a_base_url_may_have_a_port_a_path_or_neither() {
    for url in [
        "https://shop.example",
        "http://localhost:8100/api",
        "https://shop.example/custom/base",
        "http://[::1]:8100/api",
        "https://xn--bcher-kva.example/a-b_c.d~e",
    ] {
        assert_eq!(refusal(&json!({"baseURL": url})), "admitted", "{url}");
    }
}

#[test]
fn a_base_url_that_cannot_be_one_is_refused_with_the_reason() {
    for (url, reason) in [
        ("shop.example/api", "http or https"),
        ("ftp://shop.example", "http or https"),
        ("https:///api", "http or https"),
        ("https://shop.example/", "end with a slash"),
        ("https://shop.example/api/", "end with a slash"),
        ("https://shop.example/api?x=1", "query"),
        ("https://shop.example/api#x", "fragment"),
        ("https://user:password@shop.example", "credentials"),
        ("https://shop example/api", "must look like"),
        ("https://shop.example//api", "must look like"),
        ("https://shop.example/a/../b", "no . or .."),
        ("https://shop.example/a/%2e", "no . or .."),
    ] {
        let refusal = refusal(&json!({"baseURL": url}));
        assert!(refusal.contains(reason), "{url}: {refusal}");
    }
}

#[test]
fn exactly_one_database_is_required() {
    let secret = json!({"name": "shop-db", "key": "uri"});
    for database in [
        json!({}),
        json!({"secretRef": secret, "managed": {}}),
        json!({"cnpg": {"name": "pg"}, "managed": {}}),
    ] {
        let refusal = refusal(&json!({"database": database}));
        assert!(
            refusal.contains("exactly one of secretRef, connection, cnpg and managed"),
            "{refusal}"
        );
    }
}

#[test]
fn replicas_and_autoscaling_exclude_each_other() {
    let refusal = refusal(&json!({"replicas": 2, "autoscaling": {"maxReplicas": 3}}));
    assert!(refusal.contains("replicas and autoscaling"), "{refusal}");
}

#[test]
fn autoscaling_needs_a_minimum_that_is_not_above_its_maximum() {
    let refusal = refusal(&json!({"autoscaling": {"minReplicas": 4, "maxReplicas": 3}}));
    assert!(refusal.contains("minReplicas"), "{refusal}");
}

#[test]
fn image_and_version_exclude_each_other() {
    let refusal = refusal(&json!({"image": "server:1", "version": "1"}));
    assert!(refusal.contains("image and version"), "{refusal}");
}

#[test]
fn a_node_port_needs_a_service_that_has_one() {
    let message = refusal(&json!({"exposure": {"service": {"nodePort": 30100}}}));
    assert!(message.contains("nodePort"), "{message}");
    let node_port = json!({"exposure": {"service": {"type": "NodePort", "nodePort": 30100}}});
    assert_eq!(refusal(&node_port), "admitted");
}

#[test]
fn variables_that_the_operator_sets_are_refused() {
    for name in [
        "AUTH_BASE_URL",
        "AUTH_SECRET_FILE",
        "DATABASE_URL",
        "DATABASE_USER",
        "DATABASE_PORT",
        "DATABASE_SSLMODE",
        "LISTEN_ADDR",
    ] {
        let refusal = refusal(&json!({"env": [{"name": name, "value": "x"}]}));
        assert!(refusal.contains("set by the operator"), "{name}: {refusal}");
        assert!(is_reserved_variable(name), "{name}");
    }
    for name in ["LOG_LEVEL", "DATABASE_MAX_CONNECTIONS"] {
        let env = json!({"env": [{"name": name, "value": "5"}]});
        assert_eq!(refusal(&env), "admitted");
        assert!(!is_reserved_variable(name), "{name}");
    }
}

#[test]
fn a_managed_database_can_be_neither_added_nor_removed() {
    let managed = json!({"database": {"managed": {}}});
    for (from, to) in [(&managed, &json!({})), (&json!({}), &managed)] {
        let refusal = refusal_of_update(from, to);
        assert!(refusal.contains("neither added nor removed"), "{refusal}");
    }
}

#[test]
fn the_volume_of_a_managed_database_cannot_change() {
    let sized = |size: &str| json!({"database": {"managed": {"storage": {"size": size}}}});
    let refusal = refusal_of_update(&sized("1Gi"), &sized("2Gi"));
    assert!(
        refusal.contains("cannot change after creation"),
        "{refusal}"
    );
    assert_eq!(refusal_of_update(&sized("1Gi"), &sized("1Gi")), "admitted");
}

#[test]
fn a_name_that_objects_cannot_be_named_after_is_refused() {
    let mut long = auth_backend(&json!({}));
    long.metadata.name = Some("a".repeat(44));
    assert!(
        long.validate_cel()
            .unwrap_err()
            .to_string()
            .contains("metadata.name")
    );
}

#[test]
fn the_schema_stores_no_default() {
    fn defaults(value: &Value) -> usize {
        match value {
            Value::Object(fields) => {
                usize::from(fields.get("default").is_some_and(|d| !d.is_object()))
                    + fields.values().map(defaults).sum::<usize>()
            }
            Value::Array(items) => items.iter().map(defaults).sum(),
            _ => 0,
        }
    }
    let schema = serde_json::to_value(AuthBackend::crd()).unwrap();
    let spec = &schema["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    assert_eq!(defaults(spec), 0);
}

#[test]
fn an_unset_optional_field_is_not_serialized() {
    let value = serde_json::to_value(auth_backend(&json!({})).spec).unwrap();
    assert_eq!(
        value.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["baseURL", "database"]
    );
}

#[test]
fn fields_of_a_newer_schema_are_ignored() {
    assert_eq!(refusal(&json!({"newer": true})), "admitted");
}

#[test]
fn a_certificate_authority_asks_for_full_verification() {
    let mut connection = Connection::default();
    assert_eq!(connection.ssl_mode(), SslMode::Prefer);
    connection.ca_ref = Some(SecretKeyRef::default());
    assert_eq!(connection.ssl_mode(), SslMode::VerifyFull);
}

#[test]
fn a_recorded_migration_says_what_it_was_for_and_how_it_ended() {
    let migration = MigrationStatus {
        database_hash: "d1".to_owned(),
        secret_version: Some("7".to_owned()),
        schema_version: Some(3),
        exit_code: Some(11),
        ..MigrationStatus::default()
    };
    let value = serde_json::to_value(&migration).unwrap();
    let fields = ["databaseHash", "secretVersion", "schemaVersion", "exitCode"];
    assert_eq!(
        fields.map(|field| value[field].clone()),
        [json!("d1"), json!("7"), json!(3), json!(11)]
    );
    assert_eq!(
        serde_json::from_value::<MigrationStatus>(value).unwrap(),
        migration
    );
}

#[test]
fn each_pod_is_scraped_once() {
    let both = json!({"monitoring": {"podMonitor": {}, "serviceMonitor": {}}});
    let refusal_of_both = refusal(&both);
    assert!(refusal_of_both.contains("twice"), "{refusal_of_both}");
    let one = json!({"monitoring": {"serviceMonitor": {"interval": "30s"}}});
    assert_eq!(refusal(&one), "admitted");
}
