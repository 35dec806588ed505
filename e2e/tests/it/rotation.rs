use std::time::{Duration, SystemTime};

use anyhow::Result;
use authbackend_e2e::command::run;
use authbackend_e2e::resource::SERVER;
use authbackend_e2e::wait::{Look, throughout, until};
use serde_json::json;

use crate::setup::{self, Stage};

/// The kubelet writes a changed Secret into running pods within its sync period, a minute, and a little.
pub const ARRIVAL_LIMIT: Duration = Duration::from_mins(2);
/// Longer than the operator takes to notice a changed Secret.
pub const SETTLING: Duration = Duration::from_secs(5);

#[test]
fn a_rotated_password_fails_no_request_and_restarts_no_pod() -> Result<()> {
    setup::on_stage(&setup::operator()?, "rotation", &json!({}), |stage| {
        let load = stage.load()?;
        let before = stage.backend.pods()?;
        rotate_password(stage)?;
        throughout("the same pods", SETTLING, || {
            Ok(stage.backend.pods()? == before)
        })?;
        stage.backend.wait_ready()?;
        load.finish().map(drop)
    })
}

/// Gives the database's role another password, declares it, and waits until the pods use it.
pub fn rotate_password(stage: &mut Stage<'_>) -> Result<()> {
    let rotated_at = stage.database.sql("SELECT now()")?;
    stage.database.rotate("new-Pa55word-of-the-role")?;
    stage.write_secret()?;
    wait_until_reconnected(stage, &rotated_at)
}

/// Waits until every connection to the database is newer than the rotation, and there is one.
fn wait_until_reconnected(stage: &Stage<'_>, rotated_at: &str) -> Result<()> {
    let role = &stage.database.name;
    let count = format!(
        "SELECT count(*) FILTER (WHERE backend_start <= '{rotated_at}'), count(*) \
         FROM pg_stat_activity WHERE usename = '{role}'"
    );
    until("new connections", ARRIVAL_LIMIT, || {
        have_secrets_read(stage)?;
        let counts = stage.database.sql(&count)?;
        Ok(match counts.split_once('|') {
            Some(("0", new)) if new != "0" => Look::Done(()),
            _ => Look::NotYet(format!("old|all: {counts}")),
        })
    })
}

/// Any change of a pod makes the kubelet look at its Secrets now instead of within a minute.
pub fn have_secrets_read(stage: &Stage<'_>) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let look = format!("e2e/look={}", now.as_millis());
    let mut annotate = stage.namespace.kubectl()?;
    annotate.args(["annotate", "pods", "--overwrite", "--selector", SERVER]);
    run(annotate.arg(&look)).map(drop)
}
