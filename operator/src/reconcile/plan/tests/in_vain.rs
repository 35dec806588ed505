//! Jobs that the API server does not let be created.

use authbackend_crds::v1alpha1::{AuthBackendStatus, MigrationPhase};
use serde_json::json;

use super::world::{NEW_IMAGE, World, minimal};

/// Plans, and writes nothing but the status.
fn try_in_vain(world: &mut World) -> AuthBackendStatus {
    let status = world.plan().status;
    world.write_status(&status);
    world.now += 100;
    status
}

/// Another status would be written, and would start the next try at once.
#[test]
fn a_job_that_cannot_be_created_is_recorded_once() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"image": NEW_IMAGE}));
    let first = try_in_vain(&mut world);
    assert_eq!(
        first.migration.as_ref().unwrap().phase,
        MigrationPhase::Running
    );
    assert_eq!(try_in_vain(&mut world), first);
}

#[test]
fn a_job_for_a_plan_that_cannot_be_created_is_recorded_once() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"image": NEW_IMAGE, "migration": {"policy": "Manual"}}));
    let planning = try_in_vain(&mut world);
    assert_eq!(try_in_vain(&mut world), planning);
    world.step();
    world.job_succeeds(2);
    world.step();
    world.approve();
    let approved = try_in_vain(&mut world);
    assert_eq!(
        approved.migration.as_ref().unwrap().phase,
        MigrationPhase::Running
    );
    assert_eq!(try_in_vain(&mut world), approved);
}

#[test]
fn a_job_for_a_contract_that_cannot_be_created_is_recorded_once() {
    let mut world = World::new(&minimal());
    world.pending_contracts = vec![6];
    world.converge();
    world.approve();
    let begun = try_in_vain(&mut world);
    assert_eq!(
        begun.contract.as_ref().unwrap().phase,
        MigrationPhase::Running
    );
    assert_eq!(try_in_vain(&mut world), begun);
}
