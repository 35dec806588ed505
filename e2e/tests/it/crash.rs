use anyhow::Result;
use authbackend_e2e::operator;
use authbackend_e2e::resource::AuthBackend;
use serde_json::json;

use crate::setup::{self, Stage};

/// When the operator is killed.
struct Moment {
    name: &'static str,
    comes: fn(&AuthBackend<'_>, &str) -> Result<()>,
}

/// The moments of one upgrade, in their order; the operator is killed at each of them.
const MOMENTS: [Moment; 3] = [
    Moment {
        name: "the spec has changed",
        comes: |_, _| Ok(()),
    },
    Moment {
        name: "the migration runs",
        comes: |backend, image| backend.wait_migration(image, "Running"),
    },
    Moment {
        name: "the migration has succeeded",
        comes: |backend, image| backend.wait_migration(image, "Succeeded"),
    },
];

#[test]
fn an_operator_killed_throughout_an_upgrade_converges() -> Result<()> {
    let next = setup::slow_release()?;
    setup::on_stage(&setup::operator_alone()?, "crash", &json!({}), |stage| {
        let load = stage.load()?;
        stage.backend.change(&json!({"image": next}))?;
        for moment in MOMENTS {
            println!("{}: the operator is killed", moment.name);
            (moment.comes)(&stage.backend, &next)?;
            operator::kill_all()?;
        }
        operator::wait_ready()?;
        converged(stage, &next)?;
        load.finish().map(drop)
    })
}

fn converged(stage: &Stage<'_>, image: &str) -> Result<()> {
    stage.backend.wait_ready()?;
    let pods = stage.backend.pods()?;
    assert_eq!(pods.len(), 2);
    assert!(pods.iter().all(|pod| pod.image == image), "{pods:?}");
    let jobs = stage.backend.jobs()?;
    let of_the_upgrade = jobs
        .iter()
        .filter(|job| job["spec"]["template"]["spec"]["containers"][0]["image"] == image);
    assert_eq!(
        of_the_upgrade.count(),
        1,
        "one migration, whatever happens to the operator"
    );
    let applied = stage
        .database
        .sql("SELECT count(*) FROM authbackend_migration WHERE version = 9001")?;
    assert_eq!(applied, "1");
    Ok(())
}
