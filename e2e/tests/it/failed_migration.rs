use anyhow::{Context as _, Result};
use authbackend_e2e::image;
use serde_json::json;

use crate::setup::{self, Stage};

/// Asks for a release whose migration fails, and waits until it did.
fn fail(stage: &Stage<'_>) -> Result<()> {
    stage
        .backend
        .change(&json!({"image": setup::broken_release()?}))?;
    stage.backend.wait("Stalled")
}

#[test]
fn a_failed_migration_leaves_the_old_version_serving() -> Result<()> {
    setup::on_stage(&setup::operator()?, "failed", &json!({}), |stage| {
        let load = stage.load()?;
        let before = stage.backend.pods()?;
        fail(stage)?;
        assert_eq!(stage.backend.pods()?, before);
        assert!(
            !stage
                .backend
                .condition("Ready")?
                .context("no Ready")?
                .status
        );
        assert!(
            stage
                .backend
                .condition("Available")?
                .context("no Available")?
                .status
        );
        assert_eq!(stage.backend.current_image()?, image::server()?);
        load.finish().map(drop)
    })
}

#[test]
fn a_failed_migration_tells_its_last_lines() -> Result<()> {
    setup::on_stage(
        &setup::operator()?,
        "told",
        &json!({"replicas": 1}),
        |stage| {
            fail(stage)?;
            let stalled = stage.backend.condition("Stalled")?.context("no Stalled")?;
            assert_eq!(stalled.reason, "MigrationFailed");
            assert!(
                stalled
                    .message
                    .contains(r#"relation "no_such_table" does not exist"#),
                "{}",
                stalled.message
            );
            let migration = &stage.backend.get()?["status"]["migration"];
            assert_eq!(migration["phase"], "Failed");
            Ok(())
        },
    )
}

#[test]
fn what_needs_no_migration_still_rolls_out_on_the_old_version() -> Result<()> {
    setup::on_stage(
        &setup::operator()?,
        "scaled",
        &json!({"replicas": 1}),
        |stage| {
            fail(stage)?;
            stage.backend.change(&json!({"replicas": 2}))?;
            stage
                .namespace
                .wait("deployment/shop", "jsonpath={.status.readyReplicas}=2", 60)?;
            for pod in stage.backend.pods()? {
                assert_eq!(pod.image, image::server()?);
            }
            Ok(())
        },
    )
}

#[test]
fn a_corrected_spec_recovers_from_a_failed_migration() -> Result<()> {
    setup::on_stage(
        &setup::operator()?,
        "corrected",
        &json!({"replicas": 1}),
        |stage| {
            fail(stage)?;
            let next = setup::next_release()?;
            stage.backend.change(&json!({"image": next}))?;
            stage.backend.wait_ready()?;
            assert_eq!(stage.backend.current_image()?, next);
            assert_eq!(stage.backend.condition("Stalled")?, None);
            Ok(())
        },
    )
}

#[test]
fn a_reverted_spec_recovers_without_a_migration() -> Result<()> {
    setup::on_stage(&setup::operator()?, "reverted", &json!({}), |stage| {
        let before = stage.backend.pods()?;
        fail(stage)?;
        let jobs = stage.backend.jobs()?.len();
        stage.backend.change(&json!({"image": null}))?;
        stage.backend.wait_ready()?;
        assert_eq!(stage.backend.condition("Stalled")?, None);
        assert_eq!(stage.backend.jobs()?.len(), jobs);
        assert_eq!(stage.backend.pods()?, before);
        Ok(())
    })
}
