//! Of two replicas one works, and the other takes over.

use std::time::Duration;

use authbackend_operator::health::Phase;
use authbackend_operator::lease::Timing;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{LEASE, Replica, World};

/// As the default, five times as fast.
const TIMING: Timing = Timing {
    duration: Duration::from_secs(3),
    renew_deadline: Duration::from_secs(2),
    retry: Duration::from_millis(400),
};

/// A leader and a standby.
async fn pair(world: &World) -> (Replica, Replica) {
    let leader = world.replica(world.operator_client.clone(), "operator-0", Some(TIMING));
    leader.reaches(Phase::Leading).await;
    let standby = world.replica(world.operator_client.clone(), "operator-1", Some(TIMING));
    standby.reaches(Phase::Standby).await;
    (leader, standby)
}

async fn holder(world: &World) -> String {
    let lease: Lease = world.get(LEASE).await;
    lease.spec.unwrap().holder_identity.unwrap_or_default()
}

#[tokio::test]
async fn only_the_leader_writes() {
    let world = World::new("leader").await;
    world.database_secret().await;
    let (leader, standby) = pair(&world).await;
    world.create(json!({})).await;
    world.ready().await;
    assert_eq!(holder(&world).await, "operator-0");
    assert!(leader.metrics.writes() > 0);
    assert_eq!(standby.metrics.writes(), 0);
    assert!(standby.health.phase().is_ready());
}

#[tokio::test]
async fn a_standby_takes_over_from_a_leader_that_was_killed() {
    let world = World::new("killed").await;
    world.database_secret().await;
    let (leader, standby) = pair(&world).await;
    leader.kill().await;
    world.create(json!({})).await;
    world.ready().await;
    assert_eq!(holder(&world).await, "operator-1");
    assert!(standby.metrics.writes() > 0);
}

#[tokio::test]
async fn a_leader_that_is_told_to_end_hands_the_lease_over() {
    let world = World::new("handover").await;
    let (leader, standby) = pair(&world).await;
    leader.stop().await.unwrap();
    assert_ne!(holder(&world).await, "operator-0");
    standby.reaches(Phase::Leading).await;
    assert_eq!(holder(&world).await, "operator-1");
}

#[tokio::test]
async fn a_leader_that_lost_the_lease_ends() {
    let world = World::new("lost").await;
    let leader = world.replica(world.operator_client.clone(), "operator-0", Some(TIMING));
    leader.reaches(Phase::Leading).await;
    let patch = Patch::Merge(json!({"spec": {"holderIdentity": "somebody"}}));
    world
        .api::<Lease>()
        .patch(LEASE, &PatchParams::default(), &patch)
        .await
        .unwrap();
    let error = leader.ended().await.unwrap_err();
    assert!(
        error.to_string().contains("the leader lease was lost"),
        "{error}"
    );
}

#[tokio::test]
async fn a_leader_that_cannot_renew_ends() {
    let world = World::new("cut-off").await;
    let (client, line) = world.cuttable_client();
    let leader = world.replica(client, "operator-0", Some(TIMING));
    leader.reaches(Phase::Leading).await;
    line.cut();
    let error = leader.ended().await.unwrap_err();
    assert!(
        error.to_string().contains("could not be renewed in time"),
        "{error}"
    );
}
