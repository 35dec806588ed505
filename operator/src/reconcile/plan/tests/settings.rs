//! Settings: each text has a ConfigMap of its own, which lives as long as a pod may read it.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::world::{NEW_IMAGE, SERVER_IMAGE, World, minimal, spec_with, verdict};
use crate::reconcile::plan::{Deletion, DeletionKind};

/// Hash of settings that nothing in these tests has.
const BEFORE: &str = "0123456789abcdef";
/// Name of their ConfigMap.
const BEFORE_NAME: &str = "shop-config-0123456789";

fn settings(seconds: u32) -> Value {
    json!({"auth": {"session": {"expiresIn": seconds}}})
}

fn config_maps(world: &World) -> BTreeSet<String> {
    let live = world.observed.config_maps.iter();
    live.map(|live| live.name_any()).collect()
}

/// The ConfigMap that a pod template mounts.
fn mounted(template: &Value) -> String {
    let volumes = template["spec"]["volumes"].as_array().unwrap();
    let mut names = volumes
        .iter()
        .filter_map(|volume| volume["configMap"]["name"].as_str());
    let name = names.next().unwrap().to_owned();
    assert_eq!(names.next(), None);
    name
}

fn deployed(world: &World) -> Value {
    serde_json::to_value(world.observed.deployment.as_deref().unwrap()).unwrap()["spec"]["template"]
        .take()
}

/// A world in which what serves runs with settings of the hash [`BEFORE`], which need another schema than those of the
/// spec and refer to `secret_refs`.
fn served_with_another_schema(secret_refs: &Value) -> World {
    let mut world = World::serving(&minimal());
    let mut status = world.status();
    let current = status.current.as_mut().unwrap();
    current.config_hash = Some(BEFORE.to_owned());
    current.schema_settings_hash = Some("another".to_owned());
    current.secret_refs = serde_json::from_value(secret_refs.clone()).unwrap();
    status.migration.as_mut().unwrap().hash = "another".to_owned();
    world.write_status(&status);
    world.observed.jobs.clear();
    world.put_config_map(BEFORE_NAME);
    world.create_secrets();
    world
}

#[test]
fn other_settings_have_another_config_map() {
    let mut world = World::serving(&minimal());
    let before = mounted(&deployed(&world));
    world.edit(&settings(3600));
    world.step();
    let after = mounted(&deployed(&world));
    assert_ne!(before, after);
    assert_eq!(config_maps(&world), [before, after].into());
}

#[test]
fn settings_go_when_no_pod_runs_with_them() {
    let mut world = World::serving(&minimal());
    world.edit(&settings(3600));
    world.converge();
    assert_eq!(config_maps(&world), [mounted(&deployed(&world))].into());
}

#[test]
fn settings_of_before_stay_while_pods_are_replaced() {
    let mut world = World::serving(&minimal());
    let before = mounted(&deployed(&world));
    world.edit(&settings(3600));
    world.step();
    world.set_rollout([2, 1, 1], None);
    world.step();
    assert!(config_maps(&world).contains(&before));
}

#[test]
fn settings_of_before_stay_while_new_pods_do_not_start() {
    let mut world = World::serving(&minimal());
    let before = mounted(&deployed(&world));
    world.edit(&settings(3600));
    world.step();
    world.set_rollout([2, 1, 1], Some("ProgressDeadlineExceeded"));
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "RolloutFailed"));
    assert!(config_maps(&world).contains(&before));
}

#[test]
fn settings_of_a_pod_that_still_runs_stay() {
    let mut world = World::serving(&minimal());
    let before = mounted(&deployed(&world));
    let pod = json!({
        "metadata": {"name": "shop-x", "labels": {"app.kubernetes.io/component": "server"}},
        "spec": {"containers": [], "volumes": [{"name": "config", "configMap": {"name": before}}]},
        "status": {"phase": "Running"},
    });
    let pod = serde_json::from_value(pod).unwrap();
    world.observed.pods.push(Arc::new(pod));
    world.edit(&settings(3600));
    world.converge();
    assert!(config_maps(&world).contains(&before));
    world.observed.pods.pop();
    world.step();
    assert!(!config_maps(&world).contains(&before));
}

#[test]
fn settings_of_a_running_migration_stay() {
    let mut world = World::new(&minimal());
    world.step();
    let before = config_maps(&world);
    world.edit(&settings(3600));
    world.step();
    world.step();
    assert!(config_maps(&world).is_superset(&before));
    world.job_succeeds(1);
    world.converge();
    assert!(config_maps(&world).is_disjoint(&before));
}

#[test]
fn the_config_map_of_an_earlier_release_goes_once_its_pods_are_replaced() {
    let mut world = World::serving(&minimal());
    world.put_config_map("shop-config");
    world.set_rollout([2, 1, 1], None);
    assert_eq!(world.plan().delete, []);
    world.pods_get_ready();
    let expected = Deletion {
        kind: DeletionKind::ConfigMap,
        name: "shop-config".to_owned(),
        uid: "uid-shop-config".to_owned(),
    };
    assert_eq!(world.plan().delete, [expected]);
}

#[test]
fn a_config_map_that_somebody_else_labelled_is_left_alone() {
    let mut world = World::serving(&minimal());
    let mut theirs = ConfigMap::default();
    theirs.metadata.name = Some("theirs".to_owned());
    theirs.metadata.uid = Some("uid-theirs".to_owned());
    world.observed.config_maps.push(Arc::new(theirs));
    assert_eq!(world.plan().delete, []);
}

#[test]
fn suspended_no_settings_go() {
    let mut world = World::serving(&minimal());
    world.put_config_map("shop-config");
    world.edit(&json!({"suspend": true}));
    assert_eq!(world.plan().delete, []);
}

#[test]
fn settings_that_need_another_schema_are_migrated_first() {
    let mut world = served_with_another_schema(&json!([]));
    let plan = world.step();
    let job = serde_json::to_value(plan.apply.migration_job.unwrap()).unwrap();
    let wanted = plan.apply.config_map.unwrap().name_any();
    assert_eq!(mounted(&job["spec"]["template"]), wanted);
    assert_eq!(mounted(&deployed(&world)), BEFORE_NAME);
    assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));

    world.converge();
    assert_eq!(mounted(&deployed(&world)), wanted);
    assert_eq!(config_maps(&world), [wanted].into());
    assert_eq!(world.status().current.unwrap().schema_settings_hash, None);
}

#[test]
fn while_a_migration_for_settings_fails_those_of_before_serve() {
    let mut world = served_with_another_schema(&json!([]));
    world.step();
    world.job_fails(10, "boom");
    world.step();
    world.pods_get_ready();
    world.step();
    assert_eq!(world.verdict("Stalled"), verdict("True", "MigrationFailed"));
    assert_eq!(mounted(&deployed(&world)), BEFORE_NAME);
    assert!(config_maps(&world).contains(BEFORE_NAME));
    assert_eq!(
        world.status().current.unwrap().config_hash.as_deref(),
        Some(BEFORE)
    );
}

#[test]
fn pods_with_settings_of_before_mount_the_secrets_of_these() {
    let references = json!([{"name": "google", "key": "client-secret"}]);
    let mut world = served_with_another_schema(&references);
    world.step();
    assert!(
        deployed(&world)
            .to_string()
            .contains("google/client-secret")
    );
    world.converge();
    assert!(!deployed(&world).to_string().contains("google"));
}

#[test]
fn a_secret_of_the_settings_that_is_missing_leaves_what_serves_alone() {
    let references = json!([{"name": "google", "key": "client-secret"}]);
    let mut world = served_with_another_schema(&references);
    world.observed.secrets.remove("google");
    assert_eq!(world.plan().apply.deployment, None);
}

#[test]
fn without_a_record_of_what_serves_it_is_left_alone_until_the_schema_fits() {
    let mut world = served_with_another_schema(&json!([]));
    let mut status = world.status();
    status.current.as_mut().unwrap().config_hash = None;
    world.write_status(&status);
    assert_eq!(world.plan().apply.deployment, None);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn settings_that_fit_the_schema_roll_on_the_image_that_serves() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"image": NEW_IMAGE, "auth": {"session": {"expiresIn": 3600}}}));
    let plan = world.step();
    assert_eq!(
        mounted(&deployed(&world)),
        plan.apply.config_map.unwrap().name_any()
    );
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
}

#[test]
fn settings_stay_on_record_until_others_have_rolled_out() {
    let mut world = World::serving(&minimal());
    let hash = |world: &World| world.status().current.unwrap().config_hash;
    let before = hash(&world);
    world.edit(&json!({"image": NEW_IMAGE, "auth": {"session": {"expiresIn": 3600}}}));
    world.step();
    world.job_succeeds(2);
    world.step();
    assert_eq!(hash(&world), before);
    world.pods_get_ready();
    world.step();
    assert_ne!(hash(&world), before);
}

/// Settings that refer to a Secret.
fn with_google() -> Value {
    let google =
        json!({"clientId": "id", "clientSecretRef": {"name": "google", "key": "client-secret"}});
    json!({"auth": {"socialProviders": {"google": google}}})
}

#[test]
fn secrets_that_the_settings_refer_to_are_mounted_as_files() {
    let world = World::serving(&spec_with(&with_google()));
    let pod = &deployed(&world)["spec"];
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    let mount = mounts
        .iter()
        .find(|mount| mount["name"] == "secrets")
        .unwrap();
    assert_eq!(mount["mountPath"], "/etc/authbackend/secrets");
    assert!(
        mount["subPath"].is_null(),
        "the kubelet would not refresh it"
    );
    let volumes = pod["volumes"].as_array().unwrap();
    let volume = volumes
        .iter()
        .find(|volume| volume["name"] == "secrets")
        .unwrap();
    let item = json!({"key": "client-secret", "path": "google/client-secret"});
    assert_eq!(
        volume["projected"]["sources"],
        json!([{"secret": {"name": "google", "items": [item]}}])
    );
}

#[test]
fn a_secret_that_the_settings_refer_to_is_waited_for_by_name_and_key() {
    let mut world = World::serving(&minimal());
    world.edit(&with_google());
    let plan = world.step();
    assert_eq!(plan.apply.deployment, None);
    assert_eq!(world.verdict("Ready"), verdict("False", "WaitingForSecret"));
    let message = world.condition("Ready").message;
    assert!(
        message.contains("team-a/google") && message.contains("client-secret"),
        "{message}"
    );
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    world.create_secrets();
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn another_value_of_such_a_secret_changes_nothing() {
    let mut world = World::serving(&spec_with(&with_google()));
    let before = world.observed.deployment.clone();
    world.put_secret("google", &[("client-secret", "rotated")]);
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(world.observed.deployment, before);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn names_of_tables_are_migrated_and_the_names_of_before_serve_until_then() {
    let mut world = World::serving(&minimal());
    let before = mounted(&deployed(&world));
    let auth = json!({"session": {"expiresIn": 3600}, "user": {"modelName": "users"}});
    world.edit(&json!({"auth": auth}));
    assert!(world.step().apply.migration_job.is_some());
    assert_eq!(mounted(&deployed(&world)), before);
    assert_eq!(
        world.verdict("Available"),
        verdict("True", "ServingPreviousVersion")
    );
    world.converge();
    assert_ne!(mounted(&deployed(&world)), before);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn back_at_the_names_of_before_nothing_is_migrated() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"auth": {"user": {"modelName": "users"}}}));
    world.step();
    world.job_fails(10, "boom");
    world.step();
    world.edit(&json!({"auth": null}));
    assert_eq!(world.step().apply.migration_job, None);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}
