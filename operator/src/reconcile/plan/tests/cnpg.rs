//! Databases of CloudNativePG.

use serde_json::{Value, json};

use super::world::{World, spec_with, verdict};
use crate::optional::Served;

fn cnpg() -> Value {
    spec_with(&json!({"database": {"cnpg": {"name": "shop-pg"}}}))
}

#[test]
fn a_cluster_that_does_not_exist_is_waited_for_by_name() {
    let mut world = World::new(&cnpg());
    world.observed.secrets.clear();
    world.step();
    assert_eq!(
        world.verdict("Ready"),
        verdict("False", "WaitingForDatabase")
    );
    assert_eq!(
        world.verdict("DatabaseReachable"),
        verdict("False", "WaitingForDatabase")
    );
    let message = world.condition("Ready").message;
    assert!(
        message.contains("Cluster team-a/shop-pg does not exist"),
        "{message}"
    );
    assert!(world.observed.jobs.is_empty());
}

#[test]
fn no_migration_starts_before_the_cluster_is_ready() {
    let mut world = World::new(&cnpg());
    world.put_cluster(false, "Setting up primary");
    world.step();
    world.step();
    assert!(world.observed.jobs.is_empty());
    let message = world.condition("Ready").message;
    assert!(
        message.contains("is not ready: Setting up primary"),
        "{message}"
    );
    world.put_cluster(true, "Cluster in healthy state");
    world.step();
    world.step();
    assert_eq!(world.observed.jobs.len(), 1);
}

#[test]
fn a_secret_that_a_ready_cluster_lacks_is_named() {
    let mut world = World::new(&cnpg());
    world.put_cluster(true, "Cluster in healthy state");
    world.observed.secrets.remove("shop-pg-ca");
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "WaitingForSecret"));
    assert!(world.condition("Ready").message.contains("shop-pg-ca"));
}

#[test]
fn a_failover_leaves_what_serves_alone() {
    let mut world = World::serving(&cnpg());
    let before = world.observed.deployment.clone();
    world.put_cluster(false, "Failing over");
    world.step();
    assert_eq!(world.observed.deployment, before);
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    assert_eq!(
        world.verdict("Ready"),
        verdict("False", "WaitingForDatabase")
    );
}

#[test]
fn without_cloud_native_pg_it_is_said_what_to_install() {
    let mut world = World::new(&cnpg());
    world.observed.served = Served::new();
    world.observed.secrets.clear();
    world.step();
    assert_eq!(world.verdict("Stalled"), verdict("True", "MissingAPI"));
    assert!(
        world
            .condition("Ready")
            .message
            .contains("install CloudNativePG")
    );
}
