//! Approvals, contracts, and the way back from a rollout that failed.

use authbackend_crds::v1alpha1::{
    APPROVE_MIGRATION_ANNOTATION, MigrationPhase, RETRY_MIGRATION_ANNOTATION,
};
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::world::{NEW_IMAGE, SERVER_IMAGE, World, minimal, spec_with, upgrading, verdict};
use crate::build::job::Kind;
use crate::reconcile::plan::{Plan, Requeue};

/// A world that serves and asks for an approval of each migration.
fn manual() -> World {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"migration": {"policy": "Manual"}}));
    world.edit(&json!({"image": NEW_IMAGE}));
    world
}

/// The same with the plan of the upgrade on show.
fn planned() -> World {
    let mut world = manual();
    world.step();
    world.job_succeeds(2);
    world.step();
    world
}

fn arguments(plan: &Plan) -> Vec<String> {
    let job = plan.apply.migration_job.as_ref().unwrap();
    let pod = job.spec.as_ref().unwrap().template.spec.as_ref().unwrap();
    pod.containers[0].args.clone().unwrap()
}

fn phase(world: &World) -> MigrationPhase {
    world.status().migration.unwrap().phase
}

#[test]
fn with_the_policy_manual_a_job_plans_first() {
    let mut world = manual();
    let plan = world.step();
    assert_eq!(arguments(&plan), ["migrate", "--dry-run", "--json"]);
    assert_eq!(phase(&world), MigrationPhase::Planning);
    let job = plan.apply.migration_job.unwrap();
    assert_eq!(
        Some(job.name_any()),
        world.status().migration.map(|it| it.job)
    );
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
}

#[test]
fn the_plan_is_shown_with_the_command_that_approves_it() {
    let mut world = planned();
    assert_eq!(phase(&world), MigrationPhase::AwaitingApproval);
    let plan = world.status().migration.unwrap().plan.unwrap();
    assert_eq!((plan.pending.len(), plan.target_version), (1, 2));
    assert_eq!(world.verdict("Ready"), verdict("False", "AwaitingApproval"));
    let command = format!(
        "kubectl annotate -n team-a authbackend/shop --overwrite authbackend.dev/approve-migration={}",
        plan.hash
    );
    let message = world.condition("Ready").message;
    assert!(message.ends_with(&command), "{message}");
    assert!(world.find_condition("Stalled").is_none());
    assert!(world.find_condition("Reconciling").is_none());
    assert_eq!(world.step().requeue, Requeue::OnChange);
}

#[test]
fn an_approved_plan_is_carried_out_and_no_other() {
    let mut world = planned();
    world.approve();
    let plan = world.step();
    assert_eq!(arguments(&plan), ["migrate", "--plan", "to-2"]);
    world.job_succeeds(2);
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn another_hash_approves_nothing() {
    let mut world = planned();
    world.annotate(APPROVE_MIGRATION_ANNOTATION, "to-2");
    assert_eq!(world.step().apply.migration_job, None);
    assert_eq!(phase(&world), MigrationPhase::AwaitingApproval);
}

#[test]
fn an_approval_does_not_hold_for_another_image_with_the_same_plan() {
    let mut world = planned();
    world.approve();
    world.edit(&json!({"image": "registry.example/authbackend/server:3.0.0"}));
    let plan = world.step();
    assert_eq!(arguments(&plan), ["migrate", "--dry-run", "--json"]);
    world.job_succeeds(2);
    world.step();
    assert_eq!(phase(&world), MigrationPhase::AwaitingApproval);
}

#[test]
fn a_plan_that_changed_since_its_approval_is_shown_anew() {
    let mut world = planned();
    world.approve();
    world.step();
    world.job_fails(12, "the plan changed");
    let plan = world.step();
    assert_eq!(arguments(&plan), ["migrate", "--dry-run", "--json"]);
    world.job_succeeds(3);
    world.step();
    assert_eq!(phase(&world), MigrationPhase::AwaitingApproval);
    let shown = world.status().migration.unwrap().plan.unwrap();
    assert_eq!(shown.checksum, "to-3");
    world.approve();
    assert_eq!(arguments(&world.step()), ["migrate", "--plan", "to-3"]);
}

#[test]
fn the_same_plan_again_needs_no_second_approval() {
    let mut world = planned();
    world.approve();
    world.step();
    world.job_fails(12, "the plan changed");
    world.step();
    world.job_succeeds(2);
    assert_eq!(arguments(&world.step()), ["migrate", "--plan", "to-2"]);
    world.job_succeeds(2);
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
}

#[test]
fn a_downgrade_is_refused_before_anybody_is_asked() {
    let mut world = manual();
    world.step();
    world.job_fails(11, "the database works only with newer versions");
    world.step();
    assert_eq!(
        world.verdict("Stalled"),
        verdict("True", "DowngradeRefused")
    );
}

#[test]
fn a_plan_that_is_not_wanted_any_longer_is_dropped() {
    let mut world = manual();
    world.step();
    world.edit(&json!({"image": null}));
    world.step();
    assert_eq!(world.running_job(), None);
    world.orphans_end();
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn whoever_returns_to_automatic_needs_no_approval() {
    let mut world = planned();
    world.edit(&json!({"migration": null}));
    assert_eq!(arguments(&world.step()), ["migrate"]);
}

#[test]
fn credentials_of_the_migration_are_waited_for_only_when_one_is_due() {
    let credentials = json!({"user": "owner", "passwordRef": {"name": "owner", "key": "password"}});
    let mut world = World::serving(&minimal());
    world.edit(&json!({"migration": {"credentials": credentials}}));
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    world.edit(&json!({"image": NEW_IMAGE}));
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(world.verdict("Ready"), verdict("False", "WaitingForSecret"));
    world.put_secret("owner", &[("password", "late")]);
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
}

/// A world whose upgrade was migrated and does not get ready.
fn broken_rollout(change: &Value) -> World {
    let mut world = World::serving(&spec_with(change));
    world.edit(&json!({"image": NEW_IMAGE}));
    world.step();
    world.job_succeeds(2);
    world.step();
    world.step();
    world.set_rollout([2, 1, 1], Some("ProgressDeadlineExceeded"));
    world
}

#[test]
fn what_served_before_is_on_record_until_every_pod_runs_the_new_version() {
    let mut world = upgrading();
    world.job_succeeds(2);
    world.step();
    let previous = world.status().previous.unwrap();
    assert_eq!(previous.image, SERVER_IMAGE);
    world.step();
    world.pods_get_ready();
    world.step();
    assert_eq!(world.status().previous, None);
    assert!(world.status().current.unwrap().rolled_out_at.is_some());
}

#[test]
fn a_failed_rollout_goes_back_to_what_served() {
    let mut world = broken_rollout(&json!({}));
    let plan = world.step();
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    assert_eq!(phase(&world), MigrationPhase::RolledBack);
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
    let message = world.condition("Ready").message;
    assert!(
        message.contains(SERVER_IMAGE) && message.contains(NEW_IMAGE),
        "{message}"
    );
    assert!(
        plan.events
            .iter()
            .any(|event| event.reason == "RolloutFailed")
    );
    world.pods_get_ready();
    world.step();
    assert_eq!(
        world.verdict("Available"),
        verdict("True", "ServingPreviousVersion")
    );
}

#[test]
fn a_rollout_that_went_back_stays_there() {
    let mut world = broken_rollout(&json!({}));
    world.step();
    for _ in 0..5 {
        world.pods_get_ready();
        world.step();
    }
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    let plan = world.plan();
    assert!(!plan.changes_status(&world.observed.auth_backend));
    assert_eq!((plan.events, plan.requeue), (vec![], Requeue::OnChange));
}

#[test]
fn another_pod_template_is_tried_without_another_migration() {
    let mut world = broken_rollout(&json!({}));
    world.step();
    world.pods_get_ready();
    let jobs = world.observed.jobs.len();
    world.edit(&json!({"resources": {"limits": {"memory": "512Mi"}}}));
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert_eq!(world.observed.jobs.len(), jobs);
}

#[test]
fn another_number_of_pods_is_not_another_try() {
    let mut world = broken_rollout(&json!({}));
    world.step();
    world.edit(&json!({"replicas": 3}));
    world.step();
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
}

#[test]
fn the_annotation_asks_for_another_rollout() {
    let mut world = broken_rollout(&json!({}));
    world.step();
    world.pods_get_ready();
    world.annotate(RETRY_MIGRATION_ANNOTATION, "1");
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
}

#[test]
fn going_back_by_hand_clears_a_failed_rollout() {
    let mut world = broken_rollout(&json!({}));
    world.step();
    world.pods_get_ready();
    world.edit(&json!({"image": null}));
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert!(world.find_condition("Stalled").is_none());
}

#[test]
fn the_first_version_has_nothing_to_go_back_to() {
    let mut world = World::new(&minimal());
    world.step();
    world.job_succeeds(1);
    world.step();
    world.step();
    world.set_rollout([1, 1, 0], Some("ProgressDeadlineExceeded"));
    world.step();
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
    assert_eq!(phase(&world), MigrationPhase::Succeeded);
}

#[test]
fn what_was_served_once_is_not_left_because_a_later_edit_fails() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"resources": {"limits": {"memory": "1Mi"}}}));
    world.step();
    world.set_rollout([2, 1, 1], Some("ProgressDeadlineExceeded"));
    world.step();
    assert_eq!(world.verdict("Stalled"), verdict("True", "RolloutFailed"));
    assert_eq!(phase(&world), MigrationPhase::Succeeded);
}

#[test]
fn a_status_of_a_release_without_rollbacks_is_completed() {
    let mut world = World::serving(&minimal());
    let mut status = world.status();
    status.current.as_mut().unwrap().rolled_out_at = None;
    world.write_status(&status);
    world.step();
    assert!(world.status().current.unwrap().rolled_out_at.is_some());
}

#[test]
fn suspended_nothing_goes_back() {
    let mut world = broken_rollout(&json!({}));
    world.edit(&json!({"suspend": true}));
    world.step();
    assert_eq!(world.status().current.unwrap().image, NEW_IMAGE);
}

/// A world that serves a version with a contract that waits.
fn contracting(change: &Value) -> World {
    let mut world = World::new(&spec_with(change));
    world.pending_contracts = vec![6];
    for _ in 0..5 {
        world.step();
        if world
            .running_job()
            .is_some_and(|job| Kind::of(&job) != Kind::Contract)
        {
            world.job_succeeds(5);
        }
        world.pods_get_ready();
    }
    world
}

#[test]
fn a_contract_waits_for_an_approval_while_everything_is_ready() {
    let world = contracting(&json!({}));
    let contract = world.status().contract.unwrap();
    assert_eq!(
        (contract.phase, contract.versions),
        (MigrationPhase::AwaitingApproval, vec![6])
    );
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    let message = world.condition("Migrated").message;
    let command = format!("authbackend.dev/approve-contract={}", contract.hash);
    assert!(message.contains(&command), "{message}");
    assert_eq!(world.plan().requeue, Requeue::OnChange);
}

#[test]
fn an_approved_contract_is_carried_out_once() {
    let mut world = contracting(&json!({}));
    world.approve();
    assert_eq!(arguments(&world.step()), ["migrate", "--contract"]);
    assert_eq!(world.step().apply.migration_job, None);
    assert_eq!(world.condition("Ready").status, "True");
    world.job_succeeds(6);
    world.step();
    let status = world.status();
    assert_eq!(status.contract.unwrap().phase, MigrationPhase::Succeeded);
    let current = status.current.unwrap();
    assert_eq!(
        (current.pending_contracts, current.schema_version),
        (vec![], Some(6))
    );
    assert_eq!(world.step().apply.migration_job, None);
}

#[test]
fn a_contract_waits_for_pods_that_are_still_ending() {
    let mut world = contracting(&json!({}));
    world.approve();
    let pod = json!({
        "metadata": {"name": "old", "deletionTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app.kubernetes.io/component": "server"}},
        "status": {"phase": "Running"},
    });
    let pod = serde_json::from_value(pod).unwrap();
    world.observed.pods.push(std::sync::Arc::new(pod));
    assert_eq!(world.step().apply.migration_job, None);
    world.observed.pods.retain(|pod| pod.name_any() != "old");
    assert!(world.step().apply.migration_job.is_some());
}

#[test]
fn what_was_migrated_for_before_a_contract_is_migrated_for_again() {
    let mut world = contracting(&json!({}));
    world.edit(&json!({"image": NEW_IMAGE}));
    world.step();
    world.edit(&json!({"image": SERVER_IMAGE}));
    world.job_succeeds(5);
    world.step();
    world.approve();
    assert_eq!(arguments(&world.step()), ["migrate", "--contract"]);
    world.job_succeeds(6);
    world.step();
    world.edit(&json!({"image": NEW_IMAGE}));
    world.step();
    world.step();
    assert!(world.running_job().is_some(), "{:?}", world.status());
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
}

#[test]
fn with_a_delay_a_contract_follows_by_itself() {
    let mut world = contracting(&json!({"migration": {"contractDelaySeconds": 3600}}));
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert!(matches!(plan.requeue, Requeue::After(wait) if wait.as_secs() <= 3600));
    world.now += 3600;
    assert_eq!(arguments(&world.step()), ["migrate", "--contract"]);
}

#[test]
fn a_failed_contract_is_told_and_what_serves_is_ready() {
    let mut world = contracting(&json!({}));
    world.approve();
    world.step();
    world.job_fails(10, "column \"old\" is used by a view");
    let plan = world.step();
    assert!(
        plan.events
            .iter()
            .any(|event| event.reason == "ContractFailed")
    );
    assert_eq!(world.condition("Ready").status, "True");
    assert!(
        world
            .condition("Migrated")
            .message
            .contains("used by a view")
    );
    assert_eq!(world.step().apply.migration_job, None);
    world.annotate(RETRY_MIGRATION_ANNOTATION, "1");
    world.step();
    world.approve();
    assert_eq!(arguments(&world.step()), ["migrate", "--contract"]);
}
