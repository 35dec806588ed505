//! An edit whose pods do not become ready: the pod template that served before is put back.

use std::sync::Arc;

use authbackend_crds::v1alpha1::{MigrationPhase, RETRY_MIGRATION_ANNOTATION};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::world::{NEW_IMAGE, SERVER_IMAGE, World, minimal, spec_with, verdict};
use crate::labels::SPEC_HASH;
use crate::reconcile::plan::{EventType, Requeue};

/// An edit whose pods do not start.
fn bad() -> Value {
    json!({"resources": {"requests": {"cpu": "1000"}}})
}

fn template(world: &World) -> PodTemplateSpec {
    let deployment = world.observed.deployment.as_ref().unwrap();
    deployment.spec.as_ref().unwrap().template.clone()
}

fn hash(world: &World) -> String {
    let deployment = world.observed.deployment.as_ref().unwrap();
    deployment.annotations()[SPEC_HASH].clone()
}

/// New pods do not become ready within the deadline, those of before serve on.
fn fail(world: &mut World) {
    let wanted = world.wanted_pods();
    let pods = [wanted + 1, 1, wanted];
    world.set_rollout(pods, Some("ProgressDeadlineExceeded"));
}

/// `world` after `change`, whose pods failed, which the operator has not seen yet.
fn failing(mut world: World, change: &Value) -> World {
    world.edit(change);
    world.step();
    fail(&mut world);
    world
}

/// A world that serves what it did before an edit.
fn put_back() -> World {
    let mut world = failing(World::serving(&minimal()), &bad());
    world.step();
    world.pods_get_ready();
    world.step();
    world
}

#[test]
fn an_edit_whose_pods_fail_is_taken_back_at_once() {
    let mut world = World::serving(&minimal());
    let before = template(&world);
    world = failing(world, &bad());
    assert_ne!(template(&world), before);
    world.step();
    assert_eq!(template(&world), before);
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    let status = world.status();
    assert_eq!(status.current.unwrap().template, Some(hash(&world)));
    assert_ne!(status.rejected.unwrap().template, hash(&world));
    assert_eq!(
        status.migration.unwrap().phase,
        MigrationPhase::Succeeded,
        "no migration is concerned"
    );
}

#[test]
fn what_was_rejected_is_told_with_its_cause_and_the_remedy() {
    let mut world = failing(World::serving(&minimal()), &bad());
    let pod = json!({
        "metadata": {"name": "shop-new", "labels": {"app.kubernetes.io/component": "server"}},
        "status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/3 nodes are available: 3 Insufficient cpu."}]},
    });
    let pod = serde_json::from_value(pod).unwrap();
    world.observed.pods.push(Arc::new(pod));
    world.step();
    world.observed.pods.clear();
    world.pods_get_ready();
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "RolloutFailed"));
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
    assert_eq!(
        world.verdict("Progressing"),
        verdict("False", "RolloutFailed")
    );
    assert_eq!(
        world.verdict("Available"),
        verdict("True", "ServingPreviousVersion")
    );
    assert_eq!(world.verdict("Migrated"), verdict("True", "SchemaUpToDate"));
    let message = world.condition("Ready").message;
    for part in [
        "pod shop-new",
        "Insufficient cpu",
        RETRY_MIGRATION_ANNOTATION,
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn one_event_tells_of_it() {
    let mut world = failing(World::serving(&minimal()), &bad());
    let mut events = world.step().events;
    world.pods_get_ready();
    events.extend(world.step().events);
    events.extend(world.step().events);
    let reasons: Vec<_> = events.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(reasons, ["RolloutFailed"]);
    assert_eq!(events[0].type_, EventType::Warning);
}

#[test]
fn what_was_put_back_stays() {
    let mut world = put_back();
    let before = template(&world);
    for _ in 0..5 {
        world.step();
        world.pods_get_ready();
    }
    assert_eq!(template(&world), before);
    let plan = world.plan();
    assert!(!plan.changes_status(&world.observed.auth_backend));
    assert_eq!((plan.events, plan.requeue), (vec![], Requeue::OnChange));
}

#[test]
fn an_operator_that_ends_before_it_puts_the_template_back_does_so_later() {
    let mut world = World::serving(&minimal());
    let before = template(&world);
    world = failing(world, &bad());
    let plan = world.plan();
    world.write_status(&plan.status);
    world.step();
    assert_eq!(template(&world), before);
    assert_eq!(world.status().rejected, plan.status.rejected);
}

#[test]
fn whatever_is_not_the_template_goes_on_being_applied() {
    let mut world = put_back();
    let before = template(&world);
    world.edit(&json!({"replicas": 3, "networkPolicy": {}}));
    world.step();
    world.pods_get_ready();
    world.step();
    assert_eq!((world.wanted_pods(), template(&world)), (3, before));
    assert!(world.observed.network_policy.is_some());
    assert!(world.observed.pod_disruption_budget.is_some());
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
}

#[test]
fn an_edit_that_is_taken_back_is_forgotten_without_a_rollout() {
    let mut world = put_back();
    let generation = |world: &World| {
        world
            .observed
            .deployment
            .as_ref()
            .unwrap()
            .metadata
            .generation
    };
    let before = generation(&world);
    world.edit(&json!({"resources": null}));
    world.step();
    world.step();
    assert_eq!(world.status().rejected, None);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert_eq!(generation(&world), before);
}

#[test]
fn another_edit_is_tried_and_served_from_then_on() {
    let mut world = put_back();
    world.edit(&json!({"resources": {"requests": {"cpu": "10m"}}}));
    world.step();
    assert_eq!(world.status().rejected, None);
    world.pods_get_ready();
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert_eq!(world.status().current.unwrap().template, Some(hash(&world)));
}

#[test]
fn another_edit_that_fails_goes_back_to_the_same_template() {
    let mut world = put_back();
    let before = template(&world);
    world = failing(world, &json!({"env": [{"name": "MODE", "value": "bad"}]}));
    world.step();
    assert_eq!(template(&world), before);
}

#[test]
fn the_annotation_asks_for_the_same_once_more() {
    let mut world = put_back();
    let (before, jobs) = (template(&world), world.observed.jobs.len());
    world.annotate(RETRY_MIGRATION_ANNOTATION, "1");
    world.step();
    assert_ne!(template(&world), before);
    fail(&mut world);
    world.step();
    assert_eq!(template(&world), before);
    world.pods_get_ready();
    world.step();
    assert_eq!(template(&world), before);
    world.annotate(RETRY_MIGRATION_ANNOTATION, "2");
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert_eq!(world.observed.jobs.len(), jobs);
}

#[test]
fn a_rotated_secret_is_no_other_try() {
    let mut world = put_back();
    let before = template(&world);
    world.put_secret("shop-db", &[("uri", "postgres://u:new@db.example/shop")]);
    world.step();
    assert_eq!(template(&world), before);
}

fn settings_that_serve(world: &World) -> String {
    let volumes = template(world).spec.unwrap().volumes.unwrap();
    let mut volumes = volumes.into_iter();
    volumes
        .find_map(|volume| Some(volume.config_map?.name))
        .unwrap()
}

fn exists(world: &World, config_map: &str) -> bool {
    let mut live = world.observed.config_maps.iter();
    live.any(|live| live.name_any() == config_map)
}

#[test]
fn settings_that_serve_again_are_there_as_long_as_they_serve() {
    let world = World::serving(&minimal());
    let before = settings_that_serve(&world);
    let bad = json!({"auth": {"session": {"expiresIn": 3600}}});
    let mut world = failing(world, &bad);
    for _ in 0..3 {
        world.step();
        world.pods_get_ready();
    }
    assert_eq!(settings_that_serve(&world), before);
    assert!(exists(&world, &before));
    world.edit(&json!({"auth": {"session": {"expiresIn": 7200}}}));
    world.converge();
    world.step();
    assert!(!exists(&world, &before));
}

#[test]
fn an_edit_made_in_sleep_is_taken_back_when_its_pods_fail() {
    let mut world = World::serving(&minimal());
    let before = settings_that_serve(&world);
    world.edit(&json!({"replicas": 0, "auth": {"session": {"expiresIn": 3600}}}));
    for _ in 0..3 {
        world.step();
        world.pods_get_ready();
    }
    world.edit(&json!({"replicas": 1}));
    world.step();
    fail(&mut world);
    world.step();
    assert_eq!(settings_that_serve(&world), before);
    assert!(exists(&world, &before));
}

#[test]
fn ports_of_settings_that_serve_again_stay_open() {
    let mail = |port: u16| {
        let mail = json!({"from": "a@shop.example", "smtp": {"host": "relay", "port": port}});
        json!({"networkPolicy": {}, "auth": {"mail": mail}})
    };
    let world = World::serving(&spec_with(&mail(2525)));
    let mut world = failing(world, &mail(2626));
    world.step();
    world.step();
    let policy = serde_json::to_string(&world.observed.network_policy).unwrap();
    assert!(
        policy.contains("2525") && policy.contains("2626"),
        "{policy}"
    );
}

#[test]
fn a_template_that_is_kept_nowhere_is_told_and_nothing_is_changed() {
    let mut world = failing(World::serving(&minimal()), &bad());
    let broken = template(&world);
    world.observed.replica_sets.clear();
    world.step();
    assert_eq!(template(&world), broken);
    assert_eq!(world.status().rejected, None);
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
    let message = world.condition("Ready").message;
    assert!(message.contains("their ReplicaSet is gone"), "{message}");
}

#[test]
fn a_replica_set_that_is_deleted_later_changes_nothing() {
    let mut world = put_back();
    let before = template(&world);
    world.observed.replica_sets.clear();
    world.edit(&json!({"replicas": 2}));
    world.step();
    assert_eq!((world.wanted_pods(), template(&world)), (2, before));
    assert!(world.status().rejected.is_some());
}

#[test]
fn a_replica_set_of_somebody_else_is_not_taken_for_ours() {
    let mut world = failing(World::serving(&minimal()), &bad());
    for set in &mut world.observed.replica_sets {
        Arc::make_mut(set).metadata.owner_references = None;
    }
    let broken = template(&world);
    world.step();
    assert_eq!(template(&world), broken);
}

#[test]
fn after_a_restart_by_hand_the_replica_set_with_pods_counts() {
    let mut world = World::serving(&minimal());
    let mut restarted = (*world.observed.replica_sets[0]).clone();
    let template_of = restarted.spec.as_mut().unwrap().template.as_mut().unwrap();
    let metadata = template_of.metadata.as_mut().unwrap();
    let annotations = metadata.annotations.get_or_insert_default();
    annotations.insert(
        "kubectl.kubernetes.io/restartedAt".to_owned(),
        "now".to_owned(),
    );
    metadata
        .labels
        .get_or_insert_default()
        .insert("pod-template-hash".to_owned(), "abc".to_owned());
    let status = restarted.status.get_or_insert_default();
    status.available_replicas = Some(1);
    world.observed.replica_sets.insert(0, Arc::new(restarted));
    world = failing(world, &bad());
    world.step();
    let metadata = template(&world).metadata.unwrap();
    let annotations = metadata.annotations.unwrap();
    assert!(annotations.contains_key("kubectl.kubernetes.io/restartedAt"));
    assert!(!metadata.labels.unwrap().contains_key("pod-template-hash"));
}

#[test]
fn a_status_of_a_release_that_kept_no_templates_is_completed_without_a_rollout() {
    let mut world = World::serving(&minimal());
    let before = template(&world);
    let mut status = world.status();
    status.current.as_mut().unwrap().template = None;
    world.write_status(&status);
    let plan = world.step();
    assert_eq!(world.status().current.unwrap().template, Some(hash(&world)));
    assert_eq!((template(&world), plan.events), (before, vec![]));
}

#[test]
fn without_a_record_of_the_template_pods_of_before_are_kept() {
    let mut world = failing(World::serving(&minimal()), &bad());
    let mut status = world.status();
    status.current.as_mut().unwrap().template = None;
    world.write_status(&status);
    let broken = template(&world);
    world.step();
    assert_eq!(template(&world), broken);
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
    assert!(!world.condition("Ready").message.contains("is gone"));
}

#[test]
fn suspended_no_template_is_put_back() {
    let mut world = failing(World::serving(&minimal()), &bad());
    let broken = template(&world);
    world.edit(&json!({"suspend": true}));
    world.step();
    assert_eq!((template(&world), world.status().rejected), (broken, None));
}

#[test]
fn more_pods_than_fit_are_no_edit_to_take_back() {
    let mut world = World::serving(&minimal());
    let before = template(&world);
    world.edit(&json!({"replicas": 9}));
    world.step();
    world.set_rollout([9, 9, 1], Some("ProgressDeadlineExceeded"));
    world.step();
    assert_eq!((template(&world), world.wanted_pods()), (before, 9));
    assert_eq!(world.status().rejected, None);
}

/// An upgrade together with an edit, both migrated to, whose pods failed.
fn failed_upgrade() -> (World, PodTemplateSpec) {
    let mut world = World::serving(&minimal());
    let before = template(&world);
    let mut change = bad();
    change["image"] = json!(NEW_IMAGE);
    world.edit(&change);
    world.step();
    // The edit is tried on the image that serves.
    world.pods_get_ready();
    world.job_succeeds(2);
    world.step();
    world.step();
    fail(&mut world);
    (world, before)
}

#[test]
fn a_new_version_with_a_bad_edit_goes_back_to_the_template_that_served() {
    let mut world = World::serving(&minimal());
    let before = template(&world);
    let mut change = bad();
    change["image"] = json!(NEW_IMAGE);
    world.edit(&change);
    world.step();
    world.job_succeeds(2);
    world.step();
    world.step();
    fail(&mut world);
    world.step();
    assert_eq!(template(&world), before);
    assert_eq!(
        world.status().migration.unwrap().phase,
        MigrationPhase::RolledBack
    );
    world.pods_get_ready();
    world.step();
    assert_eq!(template(&world), before);
    // The edit alone has not been tried.
    world.edit(&json!({"image": null}));
    world.converge();
    assert_ne!(template(&world), before);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_new_version_goes_back_to_the_edit_that_served_with_the_version_before() {
    let (mut world, before) = failed_upgrade();
    world.step();
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    assert_ne!(template(&world), before);
}

#[test]
fn a_new_version_after_a_rejected_edit_is_tried() {
    let mut world = put_back();
    world.edit(&json!({"image": NEW_IMAGE, "resources": null}));
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
    assert_eq!(world.status().rejected, None);
}
