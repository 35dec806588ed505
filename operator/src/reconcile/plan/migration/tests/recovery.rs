//! Failures, crashes, lost Jobs and changes of mind.

use super::super::*;
use super::fixture::*;
use crate::reconcile::plan::job::Outcome;
use authbackend_crds::v1alpha1::MigrationPhase;

#[test]
fn a_pod_that_outlives_its_job_is_awaited() {
    let given = Given {
        orphan: true,
        ..Given::new(IMAGE_A)
    };
    assert_eq!(
        given.decide().step,
        Step::Await {
            job: None,
            problem: None
        }
    );
}

#[test]
fn a_job_with_our_hash_is_adopted_after_a_crash() {
    let given = Given::serving(IMAGE_A, IMAGE_B).with_job(job(IMAGE_B, 900, Outcome::Running));
    let decision = given.decide();
    assert_eq!(decision.step, awaited(IMAGE_B));
    assert_eq!(decision.migration.unwrap().started_at, Some(at(900)));
}

#[test]
fn a_finished_job_with_our_hash_is_adopted_after_a_crash() {
    let given = Given::serving(IMAGE_A, IMAGE_B).with_job(job(IMAGE_B, 900, succeeded()));
    let decision = given.decide();
    assert_eq!(decision.step, Step::Done);
    assert_eq!(serving(&decision), Some(IMAGE_B));
}

#[test]
fn a_finished_job_is_adopted_after_the_status_was_lost() {
    let given = Given::new(IMAGE_A).with_job(job(IMAGE_A, 500, succeeded()));
    assert_eq!(serving(&given.decide()), Some(IMAGE_A));
}

#[test]
fn an_outcome_on_record_outlives_its_job() {
    let given = Given::serving(IMAGE_A, IMAGE_B)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Succeeded));
    assert_eq!(serving(&given.decide()), Some(IMAGE_B));
    let given =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, MigrationPhase::Failed));
    assert_eq!(given.decide().step, Step::Failed);
}

#[test]
fn a_failed_migration_is_not_repeated_by_itself() {
    let given =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, MigrationPhase::Failed));
    assert_eq!(given.decide().step, Step::Failed);
}

#[test]
fn a_failed_migration_is_repeated_when_its_hash_changes() {
    let mut given =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, MigrationPhase::Failed));
    given.target.as_mut().unwrap().hash = "with-another-annotation".to_owned();
    let decision = given.decide();
    assert_eq!(decision.step, Step::Start);
    assert_eq!(decision.migration.unwrap().hash, "with-another-annotation");
}

#[test]
fn a_failed_migration_is_repeated_once_when_its_secret_changes() {
    let mut given =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, MigrationPhase::Failed));
    given.target.as_mut().unwrap().secret_version = "8".to_owned();
    let decision = given.decide();
    assert_eq!(decision.step, Step::Start);
    let mut failed = decision.migration.unwrap();
    assert_ne!(failed.hash, target(IMAGE_B).hash);
    failed.phase = MigrationPhase::Failed;
    assert_eq!(given.with_recorded(failed).decide().step, Step::Failed);
}

#[test]
fn a_migration_repeated_after_a_change_of_its_secret_serves_when_it_succeeds() {
    let mut given =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, MigrationPhase::Failed));
    given.target.as_mut().unwrap().secret_version = "8".to_owned();
    let started = given.decide().migration.unwrap();
    let finished = JobFacts {
        hash: started.hash.clone(),
        ..job(IMAGE_B, NOW, succeeded())
    };
    let given = given.with_recorded(started).with_job(finished);
    assert_eq!(serving(&given.decide()), Some(IMAGE_B));
}

#[test]
fn a_lost_job_is_created_again_under_its_name() {
    let given =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, MigrationPhase::Running));
    let decision = given.decide();
    assert_eq!(decision.step, Step::Start);
    assert_eq!(decision.migration.unwrap().job, given.recorded.unwrap().job);
}

#[test]
fn a_lost_job_that_nobody_wants_any_longer_is_not_created_again() {
    let given =
        Given::serving(IMAGE_A, IMAGE_A).with_recorded(recorded(IMAGE_B, MigrationPhase::Running));
    assert_eq!(given.decide().step, Step::Done);
}

#[test]
fn going_back_to_what_serves_clears_a_failure_without_a_job() {
    let given = Given::serving(IMAGE_A, IMAGE_A)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Failed))
        .with_job(job(IMAGE_B, 500, failed(10)));
    let decision = given.decide();
    assert_eq!(decision.step, Step::Done);
    let migration = decision.migration.unwrap();
    assert_eq!(
        (migration.phase, migration.image.as_str()),
        (MigrationPhase::Succeeded, IMAGE_A)
    );
    assert_eq!((migration.exit_code, migration.message), (None, None));
}

#[test]
fn a_failed_migration_is_repeated_after_the_spec_went_back_and_forth() {
    let back = Given::serving(IMAGE_A, IMAGE_A)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Failed))
        .with_job(job(IMAGE_B, 500, failed(10)));
    let mut forth =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(back.decide().migration.unwrap());
    forth.jobs = back.jobs;
    assert!(matches!(forth.decide().step, Step::Remove { .. }));
    forth.jobs.clear();
    assert_eq!(forth.decide().step, Step::Start);
}

#[test]
fn a_job_from_before_a_later_migration_proves_nothing() {
    // 1 served, then 2; back to 1, whose Job of then still exists. The schema is that of 2 by now.
    let given = Given::serving(IMAGE_B, IMAGE_A).with_job(job(IMAGE_A, 100, succeeded()));
    let decision = given.decide();
    assert!(matches!(decision.step, Step::Remove { .. }));
    assert_eq!(serving(&decision), Some(IMAGE_B));
}

#[test]
fn a_migration_that_ends_after_the_spec_went_back_does_not_serve() {
    let given = Given::serving(IMAGE_A, IMAGE_A)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(job(IMAGE_B, 500, succeeded()));
    let decision = given.decide();
    assert_eq!(serving(&decision), Some(IMAGE_A));
    assert_eq!(decision.step, Step::Done);
}

#[test]
fn a_migration_that_ended_unwanted_is_not_repeated_when_it_is_wanted_again() {
    let given = Given::serving(IMAGE_A, IMAGE_B)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Succeeded));
    let decision = given.decide();
    assert_eq!(
        (decision.step.clone(), serving(&decision)),
        (Step::Done, Some(IMAGE_B))
    );
}
