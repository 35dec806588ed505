//! Whatever happens to the operator and its line at the n-th write, for every n: in the end all is as if nothing had
//! happened.
//!
//! The operator ends (in one half of the runs the last write does not reach the server, in the other half its answer does
//! not come back); a write fails in each of six ways; the lease is taken away between two writes; the API server is gone.

mod scenario;

use std::sync::Arc;
use std::time::Duration;

use authbackend_operator::lease::Timing;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::scenario::{Expected, Scenario, undisturbed};
use crate::harness::{Fault, LEASE, Line, Trouble, World};

/// Longest that a run may take.
const LIMIT: Duration = Duration::from_mins(3);

/// How long the API server is gone.
const GONE: Duration = Duration::from_secs(3);

/// Runs beside each other, of all tests: most of the time each waits.
static PERMITS: Semaphore = Semaphore::const_new(12);

#[tokio::test]
async fn creation_survives_a_crash_at_every_write() {
    crashes(Scenario::Create).await;
}

#[tokio::test]
async fn an_upgrade_survives_a_crash_at_every_write() {
    crashes(Scenario::Upgrade).await;
}

#[tokio::test]
async fn a_rotation_survives_a_crash_at_every_write() {
    crashes(Scenario::Rotate).await;
}

#[tokio::test]
async fn a_failed_migration_and_the_way_back_survive_a_crash_at_every_write() {
    crashes(Scenario::Fail).await;
}

#[tokio::test]
async fn an_edit_that_fails_and_the_next_one_survive_a_crash_at_every_write() {
    crashes(Scenario::Reject).await;
}

#[tokio::test]
async fn a_deletion_survives_a_crash_at_every_write() {
    crashes(Scenario::Delete).await;
}

#[tokio::test]
async fn the_replacement_of_a_lost_secret_survives_a_crash_at_every_write() {
    crashes(Scenario::Replace).await;
}

#[tokio::test]
async fn creation_survives_the_failure_of_every_write() {
    failures(Scenario::Create).await;
}

#[tokio::test]
async fn an_upgrade_survives_the_failure_of_every_write() {
    failures(Scenario::Upgrade).await;
}

#[tokio::test]
async fn a_rotation_survives_the_failure_of_every_write() {
    failures(Scenario::Rotate).await;
}

#[tokio::test]
async fn a_failed_migration_and_the_way_back_survive_the_failure_of_every_write() {
    failures(Scenario::Fail).await;
}

#[tokio::test]
async fn an_edit_that_fails_and_the_next_one_survive_the_failure_of_every_write() {
    failures(Scenario::Reject).await;
}

#[tokio::test]
async fn a_deletion_survives_the_failure_of_every_write() {
    failures(Scenario::Delete).await;
}

#[tokio::test]
async fn the_replacement_of_a_lost_secret_survives_the_failure_of_every_write() {
    failures(Scenario::Replace).await;
}

#[tokio::test]
async fn a_leader_whose_lease_is_taken_between_two_writes_writes_no_more() {
    let expected = undisturbed(Scenario::Create).await;
    let troubles = (0..expected.writes).map(Trouble::HoldBefore);
    in_parallel(Scenario::Create, &expected, troubles, lose_the_lease).await;
}

#[tokio::test]
async fn an_api_server_that_is_gone_for_a_while_changes_nothing() {
    let expected = undisturbed(Scenario::Create).await;
    let troubles = (0..expected.writes).map(Trouble::HoldBefore);
    in_parallel(Scenario::Create, &expected, troubles, lose_the_server).await;
}

/// The operator ends at each write.
async fn crashes(scenario: Scenario) {
    let expected = undisturbed(scenario).await;
    let troubles = (0..expected.writes).flat_map(|n| [Trouble::CutBefore(n), Trouble::CutAfter(n)]);
    in_parallel(scenario, &expected, troubles, crash).await;
}

/// Each write fails in each way.
async fn failures(scenario: Scenario) {
    let expected = undisturbed(scenario).await;
    let kinds = 0..u64::try_from(Fault::ALL.len()).unwrap();
    let troubles =
        kinds.flat_map(|kind| (0..Fault::STRIDE).map(move |first| Trouble::Faults { first, kind }));
    in_parallel(scenario, &expected, troubles, fail).await;
}

async fn in_parallel<F>(
    scenario: Scenario,
    expected: &Arc<Expected>,
    troubles: impl Iterator<Item = Trouble>,
    run: impl Fn(Scenario, Trouble, Arc<Expected>) -> F + Copy + Send + 'static,
) where
    F: Future<Output = ()> + Send,
{
    let mut runs = JoinSet::new();
    for trouble in troubles {
        let expected = Arc::clone(expected);
        runs.spawn(async move {
            let _permit = PERMITS.acquire().await.unwrap();
            let run = tokio::time::timeout(LIMIT, run(scenario, trouble, expected)).await;
            run.unwrap_or_else(|_| panic!("{scenario:?}, {trouble:?}: does not end"));
        });
    }
    println!(
        "{scenario:?}: {} writes, {} runs",
        expected.writes,
        runs.len()
    );
    while let Some(run) = runs.join_next().await {
        run.unwrap();
    }
}

async fn crash(scenario: Scenario, trouble: Trouble, expected: Arc<Expected>) {
    let world = scenario.begin().await;
    let line = Line::default();
    line.expect(trouble);
    let first = world.replica(
        line.client(world.operator_client.clone()),
        "operator-0",
        None,
    );
    let what = format!("{scenario:?}, {trouble:?}");
    let end = async {
        scenario.drive(&world).await;
        world.settles(&expected.state, &what).await;
    };
    let restart = async {
        line.has_trouble().await;
        first.kill().await;
        let _second = world.operator();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = end => {}
        () = restart => {}
    }
    expected.check_events(&world, &what).await;
}

async fn fail(scenario: Scenario, trouble: Trouble, expected: Arc<Expected>) {
    let world = scenario.begin().await;
    let line = Line::default();
    line.expect(trouble);
    let client = line.client(world.operator_client.clone());
    let _operator = world.replica(client, "operator-0", None);
    let what = format!("{scenario:?}, {trouble:?}");
    scenario.drive(&world).await;
    world.settles(&expected.state, &what).await;
    expected.check_events(&world, &what).await;
}

async fn lose_the_lease(scenario: Scenario, trouble: Trouble, expected: Arc<Expected>) {
    let timing = Timing {
        duration: Duration::from_secs(3),
        renew_deadline: Duration::from_secs(2),
        retry: Duration::from_millis(400),
    };
    let world = scenario.begin().await;
    let line = Line::default();
    line.expect(trouble);
    let client = line.client(world.operator_client.clone());
    let leader = world.replica(client, "operator-0", Some(timing));
    let what = format!("{scenario:?}, {trouble:?}");
    tokio::select! {
        () = line.has_trouble() => {}
        // One status more or less depends on how fast others are; then this run has no write of that number.
        () = world.settles(&expected.state, &what) => return,
    }
    let sent = line.sent();
    let patch = Patch::Merge(json!({"spec": {"holderIdentity": "somebody"}}));
    let leases = world.api::<Lease>();
    let params = PatchParams::default();
    leases.patch(LEASE, &params, &patch).await.unwrap();
    let error = leader.ended().await.unwrap_err().to_string();
    assert!(error.contains("the leader lease was lost"), "{error}");
    line.resume();
    let _second = world.replica(world.operator_client.clone(), "operator-1", Some(timing));
    scenario.drive(&world).await;
    world.settles(&expected.state, &what).await;
    assert_eq!(line.sent(), sent, "{what}");
}

async fn lose_the_server(scenario: Scenario, trouble: Trouble, expected: Arc<Expected>) {
    let world: World = scenario.begin().await;
    let (client, proxy) = world.proxied_client().await;
    let line = Line::default();
    line.expect(trouble);
    let _operator = world.replica(line.client(client), "operator-0", None);
    let what = format!("{scenario:?}, {trouble:?}");
    tokio::select! {
        () = line.has_trouble() => {}
        () = world.settles(&expected.state, &what) => return,
    }
    proxy.close();
    line.resume();
    tokio::time::sleep(GONE).await;
    proxy.reopen();
    scenario.drive(&world).await;
    world.settles(&expected.state, &what).await;
    expected.check_events(&world, &what).await;
}
