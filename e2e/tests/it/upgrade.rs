use anyhow::Result;
use authbackend_e2e::image;
use serde_json::json;

use crate::setup;

#[test]
fn an_upgrade_with_a_migration_fails_no_request() -> Result<()> {
    setup::on_stage(&setup::operator()?, "upgrade", &json!({}), |stage| {
        let load = stage.load()?;
        let next = setup::next_release()?;
        stage.backend.change(&json!({"image": next}))?;
        stage.backend.wait_ready()?;
        for pod in stage.backend.pods()? {
            assert_eq!(pod.image, next);
        }
        assert_eq!(
            stage.backend.get()?["status"]["current"]["schemaVersion"],
            9001
        );
        load.finish().map(drop)
    })
}

#[test]
fn a_change_of_settings_fails_no_request() -> Result<()> {
    setup::on_stage(&setup::operator()?, "settings", &json!({}), |stage| {
        let load = stage.load()?;
        let before = stage.backend.pods()?;
        stage
            .backend
            .change(&json!({"auth": {"session": {"expiresIn": 3600}}}))?;
        stage.backend.wait_ready()?;
        let after = stage.backend.pods()?;
        assert!(
            before.iter().all(|pod| !after.contains(pod)),
            "the old settings are still served"
        );
        load.finish().map(drop)
    })
}

#[test]
fn an_upgrade_is_taken_back_without_a_failed_request() -> Result<()> {
    let next = setup::next_release()?;
    let spec = json!({"image": next});
    setup::on_stage(&setup::operator()?, "back", &spec, |stage| {
        let load = stage.load()?;
        stage.backend.change(&json!({"image": image::server()?}))?;
        stage.backend.wait_ready()?;
        for pod in stage.backend.pods()? {
            assert_eq!(pod.image, image::server()?);
        }
        load.finish().map(drop)
    })
}
