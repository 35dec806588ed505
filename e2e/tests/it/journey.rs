//! One installation through all that happens to it in a year, on several nodes and under load.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use authbackend_e2e::api::is_signed_with;
use authbackend_e2e::cluster::Namespace;
use authbackend_e2e::load::{Load, Report};
use authbackend_e2e::node::{self, Drained};
use authbackend_e2e::operator;
use authbackend_e2e::postgres::Database;
use authbackend_e2e::resource::AuthBackend;
use authbackend_e2e::wait::{Look, throughout, until};
use serde_json::{Value, json};

use crate::rotation::{ARRIVAL_LIMIT, SETTLING, have_secrets_read, rotate_password};
use crate::setup::{self, Stage};

/// How long a standby may take to lead: the lease of one that was killed has to run out.
const TAKEOVER_LIMIT: Duration = Duration::from_mins(1);

const OLD: &str = "old-signing-secret-0123456789abcdef";
const NEW: &str = "new-signing-secret-0123456789abcdef";

#[test]
fn drains_upgrades_failures_kills_and_rotations_fail_no_request() -> Result<()> {
    let _operator = setup::operator_alone()?;
    operator::install(&["replicas=2"])?;
    node::workers()?;
    Namespace::with("journey", |namespace| {
        let mut stage = begin(namespace)?;
        let releases = Releases {
            slow: setup::slow_release()?,
            next: setup::release_after_slow()?,
            broken: setup::broken_release_after_slow()?,
        };
        let load = stage.load()?;
        let mut before = Report::default();
        let mut passed = |what: &str, load: &Load<'_>| -> Result<()> {
            let report = load.report()?;
            let requests = report.requests() - before.requests();
            let seconds = report.seconds - before.seconds;
            tell(&format!("{what}: {requests} requests in {seconds:.0} s"));
            before = report.clone();
            report.check().with_context(|| what.to_owned())
        };
        drain_each_node(&stage)?;
        passed("each node drained in turn", &load)?;
        upgrade_twice_and_kill_the_leader(&stage, &releases)?;
        passed("two upgrades, the leader killed in between", &load)?;
        fail_and_revert(&stage, &releases)?;
        passed("a failed migration, reverted", &load)?;
        rotate_everything(&mut stage, &load)?;
        passed("everything rotated", &load)?;
        let report = load.finish()?;
        let requests = report.requests();
        tell(&format!("{requests} requests, {} failed", report.failed));
        Ok(())
    })
}

struct Releases {
    slow: String,
    next: String,
    broken: String,
}

/// Told also where the test succeeds.
fn tell(text: &str) {
    // Not to be told is no reason to fail.
    let _ = writeln!(std::io::stderr(), "journey: {text}");
}

fn begin(namespace: &Namespace) -> Result<Stage<'_>> {
    let database = Database::create("journey", "old-Pa55word-of-the-role")?;
    setup::write_secret(namespace, &database)?;
    let unused = "never-used-signing-secret-0123456789abcdef";
    namespace.secret("signing", &[("first", OLD), ("second", unused)])?;
    namespace.secret("github", &[("client-secret", "old")])?;
    let github = json!({
        "clientId": "shop",
        "clientSecretRef": {"name": "github", "key": "client-secret"},
    });
    let spec = json!({
        "secretRefs": [
            {"name": "signing", "key": "first"},
            {"name": "signing", "key": "second"},
        ],
        "auth": {"rateLimit": {"enabled": false}, "socialProviders": {"github": github}},
    });
    let backend = AuthBackend::ready(namespace, &setup::by_url(), &spec)?;
    Ok(Stage {
        namespace,
        backend,
        database,
    })
}

fn nodes(stage: &Stage<'_>) -> Result<Vec<Value>> {
    let pods = stage.backend.pods()?;
    Ok(pods.into_iter().map(|pod| pod.node).collect())
}

fn drain_each_node(stage: &Stage<'_>) -> Result<()> {
    let workers = node::workers()?;
    ensure!(workers.len() == 2, "two workers are needed: {workers:?}");
    // Pods are spread where that is possible, which is the scheduler's judgement: both may be on this node.
    let first = nodes(stage)?.pop().context("no pod")?;
    let (first, second) = match workers.as_slice() {
        [a, b] if first == a.as_str() => (a, b),
        [a, b] if first == b.as_str() => (b, a),
        _ => anyhow::bail!("a pod is on {first}, workers are {workers:?}"),
    };
    drop(drained(stage, first)?);
    ensure!(
        nodes(stage)? == [second.as_str(), second.as_str()],
        "the pods are not where they can be: {:?}",
        nodes(stage)?
    );
    // All pods are there now: they may not all be evicted at once.
    let (_drained, waits) = drained(stage, second)?;
    ensure!(
        waits.contains("disruption budget"),
        "no eviction had to wait: {waits}"
    );
    Ok(())
}

fn drained(stage: &Stage<'_>, node: &str) -> Result<(Drained, String)> {
    let drained = Drained::new(node)?;
    stage.namespace.wait(
        "deployment/shop",
        "jsonpath={.status.availableReplicas}=2",
        60,
    )?;
    Ok(drained)
}

fn upgrade_twice_and_kill_the_leader(stage: &Stage<'_>, releases: &Releases) -> Result<()> {
    operator::wait_ready()?;
    let leader = until("leader", TAKEOVER_LIMIT, || {
        Ok(operator::leader()?.map_or_else(|| Look::NotYet("nobody".to_owned()), Look::Done))
    })?;
    stage.backend.change(&json!({"image": releases.slow}))?;
    stage.backend.wait_migration(&releases.slow, "Running")?;
    stage.backend.change(&json!({"image": releases.next}))?;
    operator::kill(&leader)?;
    stage.backend.wait_ready()?;
    let pods = stage.backend.pods()?;
    ensure!(
        pods.len() == 2 && pods.iter().all(|pod| pod.image == releases.next),
        "{pods:?}"
    );
    let applied = "SELECT string_agg(version::text, ',' ORDER BY version) \
                   FROM authbackend_migration WHERE version > 9000";
    let applied = stage.database.sql(applied)?;
    ensure!(applied == "9001,9002", "migrations {applied}");
    ensure!(
        operator::leader()?.is_some_and(|now| now != leader),
        "nobody took over"
    );
    Ok(())
}

fn fail_and_revert(stage: &Stage<'_>, releases: &Releases) -> Result<()> {
    let before = stage.backend.pods()?;
    stage.backend.change(&json!({"image": releases.broken}))?;
    stage.backend.wait_reason("Stalled", "MigrationFailed")?;
    stage.backend.change(&json!({"image": releases.next}))?;
    stage.backend.wait_ready()?;
    ensure!(stage.backend.pods()? == before, "pods were replaced");
    Ok(())
}

/// As docs/operations.md says: a new signing secret verifies everywhere before it signs anywhere.
fn rotate_everything(stage: &mut Stage<'_>, load: &Load<'_>) -> Result<()> {
    let before = stage.backend.pods()?;
    stage
        .namespace
        .secret("signing", &[("first", OLD), ("second", NEW)])?;
    stage
        .namespace
        .secret("github", &[("client-secret", "new")])?;
    rotate_password(stage)?;
    throughout("the same pods", SETTLING, || {
        Ok(stage.backend.pods()? == before)
    })?;
    stage
        .namespace
        .secret("signing", &[("first", NEW), ("second", OLD)])?;
    until("sign-in with the new secret", ARRIVAL_LIMIT, || {
        have_secrets_read(stage)?;
        let cookie = load.report()?.cookie;
        Ok(if is_signed_with(&cookie, NEW)? {
            Look::Done(())
        } else {
            Look::NotYet("the old one signs".to_owned())
        })
    })?;
    throughout("the same pods", SETTLING, || {
        Ok(stage.backend.pods()? == before)
    })?;
    stage.backend.wait_ready()
}
