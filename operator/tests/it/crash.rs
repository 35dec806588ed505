//! The operator ends after its n-th write, for every n: the next one brings about the same state.
//!
//! In one half of the runs the last write does not reach the server, in the other half its answer does not come back.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::harness::{Cut, World};

/// Longest that a run may take.
const LIMIT: Duration = Duration::from_mins(3);

/// Runs beside each other.
const PARALLEL: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Scenario {
    /// A new resource.
    Create,
    /// A new image, more pods and other settings for one that serves.
    Upgrade,
}

#[tokio::test]
async fn creation_survives_a_crash_after_every_write() {
    matrix(Scenario::Create).await;
}

#[tokio::test]
async fn an_upgrade_survives_a_crash_after_every_write() {
    matrix(Scenario::Upgrade).await;
}

async fn matrix(scenario: Scenario) {
    let (writes, expected) = undisturbed(scenario).await;
    assert!(writes >= 5, "{scenario:?} takes {writes} writes");
    println!("{scenario:?}: {writes} writes, {} crashes", 2 * writes);
    let permits = Arc::new(Semaphore::new(PARALLEL));
    let mut runs = JoinSet::new();
    for cut in (0..writes).flat_map(|n| [Cut::BeforeWrite(n), Cut::AfterWrite(n)]) {
        let (permits, expected) = (Arc::clone(&permits), expected.clone());
        runs.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let run = disturbed(scenario, cut, &expected);
            let run = tokio::time::timeout(LIMIT, run).await;
            run.unwrap_or_else(|_| panic!("{scenario:?}, {cut:?}: does not end"));
        });
    }
    while let Some(run) = runs.join_next().await {
        run.unwrap();
    }
}

/// Number of writes and the resulting state without a crash.
async fn undisturbed(scenario: Scenario) -> (u64, Value) {
    let world = World::new("crash").await;
    begin(&world, scenario).await;
    let operator = world.operator();
    world.ready().await;
    world.rest(&operator).await;
    (operator.metrics.writes(), world.state().await)
}

async fn disturbed(scenario: Scenario, cut: Cut, expected: &Value) {
    let world = World::new("crash").await;
    begin(&world, scenario).await;
    let (client, line) = world.cuttable_client();
    line.cut_at(cut);
    let first = world.replica(client, "operator-0", None);
    let what = format!("{scenario:?}, {cut:?}");
    tokio::select! {
        () = line.is_cut() => {}
        // One status more or less depends on how fast others are; then this run has no write of that number.
        () = world.settles(expected, &what) => {}
    }
    first.kill().await;
    let _second = world.operator();
    world.settles(expected, &what).await;
}

/// Everything up to the moment at which the operator starts that may crash.
async fn begin(world: &World, scenario: Scenario) {
    world.database_secret().await;
    world.create(json!({"replicas": 2})).await;
    match scenario {
        Scenario::Create => {}
        Scenario::Upgrade => {
            let operator = world.operator();
            world.ready().await;
            operator.stop().await.unwrap();
            world
                .edit(json!({
                    "image": "server:2",
                    "replicas": 1,
                    "auth": {"session": {"expiresIn": 86_400}, "user": {"modelName": "users"}},
                }))
                .await;
        }
    }
}
