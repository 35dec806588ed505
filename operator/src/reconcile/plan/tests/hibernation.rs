//! `replicas: 0`: nothing is migrated until something is to serve.

use std::sync::Arc;

use serde_json::json;

use super::world::{
    NEW_IMAGE, SERVER_IMAGE, World, managed, minimal, spec_with, upgrading, verdict,
};

/// A world whose AuthBackend was put to sleep after it served.
fn asleep() -> World {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"replicas": 0}));
    world.converge();
    world
}

#[test]
fn a_new_image_waits_and_the_status_says_so() {
    let mut world = asleep();
    world.edit(&json!({"image": NEW_IMAGE}));
    let plan = world.step();
    assert!(plan.apply.migration_job.is_none());
    assert_eq!(world.verdict("Ready"), verdict("True", "Hibernated"));
    assert_eq!(world.verdict("Migrated"), verdict("False", "Hibernated"));
    assert_eq!(world.verdict("Available"), verdict("False", "ScaledToZero"));
    assert!(world.find_condition("Reconciling").is_none());
    let message = world.condition("Ready").message;
    assert!(message.contains(NEW_IMAGE), "{message}");
}

#[test]
fn while_asleep_nothing_is_written() {
    let mut world = asleep();
    world.edit(&json!({"image": NEW_IMAGE}));
    world.converge();
    let plan = world.plan();
    assert!(!plan.changes_status(&world.observed.auth_backend));
    assert_eq!((plan.events, plan.delete), (vec![], vec![]));
}

#[test]
fn waking_migrates_before_the_new_image_serves() {
    let mut world = asleep();
    world.edit(&json!({"image": NEW_IMAGE}));
    world.step();
    world.edit(&json!({"replicas": 2}));
    let plan = world.step();
    assert!(plan.apply.migration_job.is_some());
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));
    world.job_succeeds(2);
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn pods_that_still_run_are_not_asleep() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"replicas": 0, "image": NEW_IMAGE}));
    let plan = world.step();
    assert!(plan.apply.migration_job.is_none());
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "RollingOut"));
}

#[test]
fn a_migration_that_runs_is_awaited() {
    let mut world = upgrading();
    world.edit(&json!({"replicas": 0}));
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));
    world.job_succeeds(2);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "ScaledToZero"));
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
}

#[test]
fn one_that_never_served_migrates_when_it_wakes() {
    let mut world = World::new(&spec_with(&json!({"replicas": 0})));
    world.converge();
    assert!(world.observed.jobs.is_empty());
    assert_eq!(world.verdict("Ready"), verdict("True", "Hibernated"));
    assert_eq!(world.verdict("Available"), verdict("False", "NotDeployed"));
    world.edit(&json!({"replicas": 1}));
    assert!(world.step().apply.migration_job.is_some());
}

#[test]
fn a_database_may_sleep_too() {
    let mut world = World::serving(&managed());
    world.edit(&json!({"replicas": 0}));
    world.converge();
    let database = world.observed.postgres_stateful_set.as_mut().unwrap();
    Arc::make_mut(database).status = None;
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("True", "ScaledToZero"));
}
