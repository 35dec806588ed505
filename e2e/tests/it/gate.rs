use std::time::Duration;

use anyhow::{Context as _, Result};
use authbackend_e2e::image;
use authbackend_e2e::resource::NAME;
use authbackend_e2e::wait::{Look, until};
use serde_json::{Value, json};

use crate::setup::{self, Stage};

/// The progress deadline of a rollout, with a margin.
const ROLLOUT_LIMIT: Duration = Duration::from_mins(7);

fn annotate(stage: &Stage<'_>, key: &str, value: &Value) -> Result<()> {
    let annotations = json!({"metadata": {"annotations": {key: value}}});
    stage
        .namespace
        .patch(&format!("authbackend/{NAME}"), &annotations)
}

/// Waits until a field of the status has a value; answers with the status.
fn wait_status(stage: &Stage<'_>, pointer: &str, value: &str, limit: Duration) -> Result<Value> {
    until(&format!("status{pointer} is {value}"), limit, || {
        let status = stage.backend.get()?["status"].clone();
        Ok(match status.pointer(pointer) {
            Some(found) if found == value => Look::Done(status),
            found => Look::NotYet(format!("{found:?}")),
        })
    })
}

#[test]
fn a_migration_waits_for_the_approval_of_its_plan() -> Result<()> {
    setup::on_stage(&setup::operator()?, "approved", &json!({}), |stage| {
        let load = stage.load()?;
        let before = stage.backend.pods()?;
        let next = setup::next_release()?;
        stage
            .backend
            .change(&json!({"image": next, "migration": {"policy": "Manual"}}))?;
        stage.backend.wait_reason("Ready", "AwaitingApproval")?;
        let plan = stage.backend.get()?["status"]["migration"]["plan"].clone();
        assert_eq!(plan["pending"][0]["version"], 9001);
        assert_eq!(plan["pending"][0]["locks"][0], "ACCESS EXCLUSIVE on user");
        assert_eq!(stage.backend.pods()?, before);
        annotate(stage, "authbackend.dev/approve-migration", &plan["hash"])?;
        stage.backend.wait_ready()?;
        for pod in stage.backend.pods()? {
            assert_eq!(pod.image, next);
        }
        load.finish().map(drop)
    })
}

#[test]
fn a_rollout_that_fails_goes_back_to_the_version_before() -> Result<()> {
    setup::on_stage(&setup::operator()?, "went-back", &json!({}), |stage| {
        let load = stage.load()?;
        let broken = image::server_that_does_not_start()?;
        stage.backend.change(&json!({"image": broken}))?;
        wait_status(stage, "/migration/phase", "RolledBack", ROLLOUT_LIMIT)?;
        let stalled = stage.backend.condition("Stalled")?.context("no Stalled")?;
        assert_eq!(stalled.reason, "RolloutFailed");
        let is_gone = || {
            let pods = stage.backend.pods()?;
            let old = image::server()?;
            Ok(if pods.iter().all(|pod| pod.image == old) {
                Look::Done(())
            } else {
                Look::NotYet(format!("{pods:?}"))
            })
        };
        until("only pods of before", Duration::from_mins(1), is_gone)?;
        stage.backend.change(&json!({"image": null}))?;
        stage.backend.wait_ready()?;
        load.finish().map(drop)
    })
}

#[test]
fn an_edit_whose_pods_do_not_start_goes_back_to_the_pods_that_served() -> Result<()> {
    setup::on_stage(&setup::operator()?, "put-back", &json!({}), |stage| {
        let load = stage.load()?;
        let before = stage.backend.pods()?;
        let cpu = |cores: &str| json!({"resources": {"requests": {"cpu": cores}}});
        stage.backend.change(&cpu("1000"))?;
        let is_rejected = || {
            let rejected = stage.backend.get()?["status"]["rejected"].clone();
            Ok(match rejected["message"].as_str() {
                Some(message) => Look::Done(message.to_owned()),
                None => Look::NotYet(rejected.to_string()),
            })
        };
        let message = until("the edit is rejected", ROLLOUT_LIMIT, is_rejected)?;
        assert!(message.contains("Insufficient cpu"), "{message}");
        let stalled = stage.backend.condition("Stalled")?.context("no Stalled")?;
        assert_eq!(stalled.reason, "RolloutFailed");
        let is_back = || {
            let pods = stage.backend.pods()?;
            Ok(if pods == before {
                Look::Done(())
            } else {
                Look::NotYet(format!("{pods:?}"))
            })
        };
        until("only pods of before", Duration::from_mins(1), is_back)?;
        let available = stage.backend.condition("Available")?;
        assert!(available.context("no Available")?.status);
        stage.backend.change(&cpu("10m"))?;
        stage.backend.wait_ready()?;
        assert!(stage.backend.get()?["status"]["rejected"].is_null());
        let after = stage.backend.pods()?;
        assert!(before.iter().all(|pod| !after.contains(pod)), "{after:?}");
        load.finish().map(drop)
    })
}

#[test]
fn after_a_contract_versions_of_before_are_refused_while_the_newer_one_serves() -> Result<()> {
    setup::on_stage(&setup::operator()?, "contracted", &json!({}), |stage| {
        let load = stage.load()?;
        let next = setup::contracting_release()?;
        stage.backend.change(&json!({"image": next}))?;
        stage.backend.wait_ready()?;
        let (pending, limit) = ("AwaitingApproval", Duration::from_mins(2));
        let status = wait_status(stage, "/contract/phase", pending, limit)?;
        let hash = &status["contract"]["hash"];
        annotate(stage, "authbackend.dev/approve-contract", hash)?;
        wait_status(stage, "/contract/phase", "Succeeded", limit)?;
        stage.backend.wait_ready()?;
        let before = stage.backend.pods()?;
        stage.backend.change(&json!({"image": image::server()?}))?;
        let stalled = stage.backend.wait_reason("Stalled", "DowngradeRefused")?;
        assert!(stalled.status);
        assert_eq!(stage.backend.pods()?, before);
        load.finish().map(drop)
    })
}
