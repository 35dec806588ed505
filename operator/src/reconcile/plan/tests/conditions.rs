//! Rollouts, pods and events in the words of conditions.

use serde_json::{Value, json};

use super::world::{World, pod, spec_with};
use crate::reconcile::plan::{EventType, Plan};

fn serving(change: &Value) -> World {
    World::serving(&spec_with(change))
}

fn verdict(status: &str, reason: &str) -> (String, String) {
    (status.to_owned(), reason.to_owned())
}

fn reasons(plan: &Plan) -> Vec<(&str, EventType)> {
    plan.events
        .iter()
        .map(|event| (event.reason.as_str(), event.type_))
        .collect()
}

#[test]
fn a_rollout_is_told_in_numbers() {
    let mut world = serving(&json!({"replicas": 3}));
    world.edit(&json!({"env": [{"name": "LOG_LEVEL", "value": "debug"}]}));
    world.step();
    world.set_rollout([4, 1, 3], None);
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "RollingOut"));
    assert_eq!(
        world.condition("Ready").message,
        "1 of 3 pods are updated, 3 of 4 available"
    );
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    assert_eq!(world.verdict("Progressing"), verdict("True", "RollingOut"));
}

#[test]
fn ready_needs_the_deployment_controller_to_have_seen_the_change() {
    let mut world = serving(&json!({}));
    let mut deployment = (**world.observed.deployment.as_ref().unwrap()).clone();
    deployment.metadata.generation = deployment
        .metadata
        .generation
        .map(|generation| generation + 1);
    world.observed.deployment = Some(deployment.into());
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "RollingOut"));
}

#[test]
fn ready_needs_every_old_pod_to_be_gone() {
    let mut world = serving(&json!({}));
    world.set_rollout([2, 1, 1], None);
    world.step();
    assert_eq!(world.condition("Ready").status, "False");
}

#[test]
fn a_rollout_that_made_no_progress_stalls() {
    let mut world = serving(&json!({}));
    world.edit(&json!({"env": [{"name": "LOG_LEVEL", "value": "debug"}]}));
    world.step();
    world.set_rollout([2, 1, 1], Some("ProgressDeadlineExceeded"));
    world.step();
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
    assert_eq!(
        world.verdict("Available"),
        verdict("True", "ServingPreviousVersion")
    );
}

#[test]
fn a_pod_that_cannot_start_is_told_with_its_cause() {
    let mut world = serving(&json!({}));
    world.set_rollout([2, 1, 1], None);
    let state =
        json!({"waiting": {"reason": "CreateContainerConfigError", "message": "no such key"}});
    world
        .observed
        .pods
        .push(pod("server", &json!({"state": state})));
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "PodFailing"));
    assert!(
        world
            .condition("Ready")
            .message
            .ends_with("pod shop-server-0: CreateContainerConfigError: no such key")
    );
}

#[test]
fn a_failed_rollout_names_the_pods_problem() {
    let mut world = serving(&json!({}));
    world.set_rollout([2, 1, 1], Some("ProgressDeadlineExceeded"));
    let state = json!({"waiting": {"reason": "ErrImagePull", "message": "not found"}});
    world
        .observed
        .pods
        .push(pod("server", &json!({"state": state})));
    world.step();
    assert!(world.condition("Stalled").message.contains("not found"));
}

#[test]
fn the_problem_of_a_migrations_pod_is_told() {
    let mut world = World::new(&spec_with(&json!({})));
    world.step();
    let job = world.running_job().unwrap();
    world.set_pod(
        &job,
        "Pending",
        &json!({"waiting": {"reason": "ErrImagePull", "message": "not found"}}),
    );
    world.step();
    let ready = world.condition("Ready");
    assert_eq!(ready.reason, "Migrating");
    assert!(
        ready.message.contains("cannot pull server: not found"),
        "{}",
        ready.message
    );
}

#[test]
fn the_problem_of_the_managed_databases_pod_is_told() {
    let mut world = World::new(&spec_with(&json!({"database": {"managed": {}}})));
    world.step();
    let state = json!({"waiting": {"reason": "ErrImagePull", "message": "not found"}});
    world
        .observed
        .pods
        .push(pod("postgres", &json!({"state": state})));
    world.step();
    assert_eq!(
        world.verdict("Ready"),
        verdict("False", "WaitingForDatabase")
    );
    assert!(world.condition("Ready").message.contains("not found"));
}

#[test]
fn a_managed_database_that_goes_down_is_told() {
    let mut world = serving(&json!({"database": {"managed": {}}}));
    let mut stateful_set = (**world.observed.postgres_stateful_set.as_ref().unwrap()).clone();
    stateful_set.status = None;
    world.observed.postgres_stateful_set = Some(stateful_set.into());
    world.step();
    assert_eq!(
        world.verdict("DatabaseReachable"),
        verdict("False", "WaitingForDatabase")
    );
}

#[test]
fn abnormal_conditions_are_absent_when_all_is_well() {
    let world = serving(&json!({}));
    let types: Vec<String> = world
        .status()
        .conditions
        .into_iter()
        .map(|condition| condition.type_)
        .collect();
    assert_eq!(
        types,
        [
            "Ready",
            "Available",
            "Migrated",
            "DatabaseReachable",
            "Progressing"
        ]
    );
}

#[test]
fn an_install_is_told_in_three_events() {
    let mut world = World::new(&spec_with(&json!({})));
    assert_eq!(
        reasons(&world.step()),
        [("MigrationStarted", EventType::Normal)]
    );
    assert_eq!(reasons(&world.step()), []);
    world.job_succeeds(1);
    assert_eq!(
        reasons(&world.step()),
        [("MigrationSucceeded", EventType::Normal)]
    );
    world.pods_get_ready();
    assert_eq!(
        reasons(&world.step()),
        [
            ("Ready", EventType::Normal),
            ("Available", EventType::Normal)
        ]
    );
    assert_eq!(reasons(&world.step()), []);
}

#[test]
fn a_failure_is_announced_once() {
    let mut world = serving(&json!({}));
    world.edit(&json!({"image": "server:2"}));
    world.step();
    world.job_fails(10, "boom at postgres://u:hunter2@db/x");
    let plan = world.step();
    assert_eq!(reasons(&plan), [("MigrationFailed", EventType::Warning)]);
    assert!(plan.events[0].note.contains("boom") && !plan.events[0].note.contains("hunter2"));
    assert_eq!(reasons(&world.step()), []);
}

#[test]
fn the_loss_of_the_last_pod_is_announced() {
    let mut world = serving(&json!({}));
    world.set_rollout([1, 1, 0], None);
    assert_eq!(
        reasons(&world.step()),
        [("Unavailable", EventType::Warning)]
    );
}

#[test]
fn going_back_is_announced_as_ready_and_not_as_a_migration() {
    let mut world = serving(&json!({}));
    world.edit(&json!({"image": "server:2"}));
    world.step();
    world.job_fails(10, "boom");
    world.step();
    world.edit(&json!({"image": null}));
    assert_eq!(reasons(&world.step()), [("Ready", EventType::Normal)]);
}
