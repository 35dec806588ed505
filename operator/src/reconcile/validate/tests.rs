use serde_json::{Value, json};

use super::*;

/// The smallest AuthBackend, with `change` put into its spec.
fn auth_backend(change: &Value) -> AuthBackend {
    let mut spec = json!({
        "baseURL": "https://shop.example/api",
        "database": {"secretRef": {"name": "shop-db", "key": "uri"}},
    });
    for (key, value) in change.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let metadata = json!({"name": "shop", "namespace": "team-a", "uid": "u1"});
    serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap()
}

fn checked(change: &Value) -> Result<Instance, Vec<String>> {
    let config = OperatorConfig {
        server_image: "server:1".to_owned(),
        postgres_image: "postgres:17".to_owned(),
        image_pull_secrets: vec!["mirror".to_owned()],
        assigned_user_ids: false,
    };
    validate(&auth_backend(change), &config)
}

/// Checks that `change` has one problem, which begins with the field.
fn is_refused(change: &Value, field: &str) {
    let problems = checked(change).unwrap_err();
    assert!(problems[0].starts_with(field), "{change}: {problems:?}");
    assert_eq!(problems.len(), 1, "{change}: {problems:?}");
}

#[test]
fn the_smallest_resource_is_complete() {
    let instance = checked(&json!({})).unwrap();
    assert_eq!(instance.image, "server:1");
    assert_eq!(instance.settings.text.trim_end(), "{}");
}

#[test]
fn what_an_older_schema_admitted_is_refused_with_the_field() {
    for (change, field) in [
        (json!({"baseURL": "https://shop.example/"}), "baseURL"),
        (json!({"baseURL": "https://shop.example?x"}), "baseURL"),
        (json!({"baseURL": "https://u:p@shop.example"}), "baseURL"),
        (json!({"baseURL": "shop.example"}), "baseURL"),
        (json!({"database": {}}), "database"),
        (
            json!({"database": {"managed": {}, "secretRef": {"name": "a", "key": "b"}}}),
            "database",
        ),
        (
            json!({"replicas": 1, "autoscaling": {"maxReplicas": 2}}),
            "replicas",
        ),
        (json!({"image": "a", "version": "b"}), "image"),
        (json!({"secretRefs": []}), "secretRefs"),
        (
            json!({"monitoring": {"podMonitor": {}, "serviceMonitor": {}}}),
            "monitoring",
        ),
        (
            json!({"env": [{"name": "DATABASE_USER", "value": "x"}]}),
            "env[DATABASE_USER]",
        ),
        (
            json!({"podTemplate": {"spec": {"hostNetwork": true}}}),
            "podTemplate.spec.hostNetwork",
        ),
        (
            json!({"auth": {"disabledPaths": ["ok"]}}),
            "auth.disabledPaths[0]",
        ),
    ] {
        is_refused(&change, field);
    }
}

#[test]
fn lists_and_amounts_that_the_api_would_answer_with_an_error_are_refused_with_the_field() {
    for (change, field) in [
        (
            json!({"env": [{"name": "A", "value": "x"}, {"name": "B", "value": "x"}, {"name": "A", "value": "y"}]}),
            "env[A]: is listed twice",
        ),
        (
            json!({"topologySpread": [{"topologyKey": "zone"}, {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]}),
            "topologySpread[zone/ScheduleAnyway]: is listed twice",
        ),
        (
            json!({"resources": {"limits": {"memory": "10GB"}}}),
            "resources.limits[memory]",
        ),
        (
            json!({"migration": {"resources": {"requests": {"cpu": "-1"}}}}),
            "migration.resources.requests[cpu]",
        ),
        (
            json!({"database": {"managed": {"storage": {"size": "10GB"}}}}),
            "database.managed.storage.size",
        ),
        (
            json!({"database": {"managed": {"storage": {"size": "0"}}}}),
            "database.managed.storage.size",
        ),
    ] {
        is_refused(&change, field);
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let change = json!({"baseURL": "x", "database": {}, "image": "a", "version": "b"});
    assert_eq!(checked(&change).unwrap_err().len(), 3);
}

#[test]
fn a_managed_database_may_have_an_image_of_its_own() {
    let change = json!({"database": {"managed": {"image": "postgres:18"}}});
    assert_eq!(checked(&change).unwrap().postgres_image, "postgres:18");
}

#[test]
fn settings_reach_the_server_as_they_were_written() {
    let auth = json!({"trustedOrigins": ["https://a.example"], "session": {"expiresIn": 3600}});
    let instance = checked(&json!({"auth": auth})).unwrap();
    let read: Value = serde_saphyr::from_str(&instance.settings.text).unwrap();
    assert_eq!(read, auth);
}

#[test]
fn another_setting_has_another_hash() {
    let hash = |seconds: u32| {
        let auth = json!({"session": {"expiresIn": seconds}});
        checked(&json!({"auth": auth})).unwrap().settings.hash
    };
    assert_ne!(hash(3600), hash(7200));
    assert_eq!(hash(3600), hash(3600));
}

#[test]
fn pull_secrets_of_the_installation_come_after_those_of_the_resource() {
    let of = |change: &Value| checked(change).unwrap().image_pull_secrets;
    assert_eq!(of(&json!({})), ["mirror"]);
    let own = json!({"imagePullSecrets": [{"name": "own"}, {"name": "mirror"}]});
    assert_eq!(of(&own), ["own", "mirror"]);
    let twice = json!({"imagePullSecrets": [{"name": "own"}, {"name": "own"}]});
    assert_eq!(of(&twice), ["own", "mirror"]);
}
