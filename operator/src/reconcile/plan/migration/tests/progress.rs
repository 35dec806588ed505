//! From one version to the next.

use super::super::*;
use super::fixture::*;
use crate::reconcile::plan::job::Outcome;
use authbackend_crds::v1alpha1::MigrationPhase;

#[test]
fn a_first_install_migrates_before_anything_serves() {
    let decision = Given::new(IMAGE_A).decide();
    assert_eq!(decision.step, Step::Start);
    assert_eq!(phase(&decision), Some(MigrationPhase::Running));
    assert_eq!(serving(&decision), None);
}

#[test]
fn the_hash_and_the_job_are_on_record_when_the_job_is_created() {
    let migration = Given::new(IMAGE_A).decide().migration.unwrap();
    assert_eq!(migration.hash, target(IMAGE_A).hash);
    assert_eq!(migration.job, "shop-migrate-hash-of-se");
    assert_eq!(migration.started_at, Some(at(NOW)));
}

#[test]
fn nothing_is_decided_while_the_database_is_not_known() {
    let given = Given {
        target: None,
        ..Given::serving(IMAGE_A, IMAGE_B)
    };
    let decision = given.decide();
    assert_eq!(decision.step, Step::Unknown);
    assert_eq!(decision.current, given.current);
    assert_eq!(decision.migration, given.recorded);
}

#[test]
fn a_database_that_is_not_ready_is_waited_for() {
    let decision = Given::new(IMAGE_A)
        .with_permission(Permission::Later)
        .decide();
    assert_eq!(decision.step, Step::Wait);
    assert_eq!(phase(&decision), Some(MigrationPhase::Pending));
}

#[test]
fn a_pending_migration_starts_once_it_may() {
    let given = Given::new(IMAGE_A).with_recorded(recorded(IMAGE_A, MigrationPhase::Pending));
    assert_eq!(given.decide().step, Step::Start);
}

#[test]
fn a_pending_migration_of_a_spec_that_changed_gives_way() {
    let given = Given::new(IMAGE_B).with_recorded(recorded(IMAGE_A, MigrationPhase::Pending));
    let decision = given.decide();
    assert_eq!(decision.migration.unwrap().image, IMAGE_B);
    assert_eq!(decision.step, Step::Start);
}

#[test]
fn a_database_of_somebody_else_is_not_put_on_record() {
    let decision = Given::new(IMAGE_A)
        .with_permission(Permission::Refused)
        .decide();
    assert_eq!((decision.step, decision.migration), (Step::Wait, None));
}

#[test]
fn waiting_keeps_the_outcome_of_the_migration_before() {
    let given = Given::serving(IMAGE_A, IMAGE_B).with_permission(Permission::Later);
    let decision = given.decide();
    assert_eq!(decision.step, Step::Wait);
    assert_eq!(decision.migration, given.recorded);
}

#[test]
fn a_running_job_is_awaited() {
    let given = Given::new(IMAGE_A)
        .with_recorded(recorded(IMAGE_A, MigrationPhase::Running))
        .with_job(job(IMAGE_A, 500, Outcome::Running));
    assert_eq!(given.decide().step, awaited(IMAGE_A));
}

#[test]
fn a_running_job_is_awaited_although_the_spec_changed() {
    let given = Given::serving(IMAGE_A, "server:3")
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(job(IMAGE_B, 500, Outcome::Running));
    let decision = given.decide();
    assert_eq!(decision.step, awaited(IMAGE_B));
    assert_eq!(decision.migration, given.recorded);
}

#[test]
fn a_running_job_that_nobody_recorded_and_nobody_wants_is_awaited() {
    let given = Given::serving(IMAGE_A, "server:3").with_job(job(IMAGE_B, 900, Outcome::Running));
    let decision = given.decide();
    assert_eq!(decision.step, awaited(IMAGE_B));
    assert_eq!(decision.migration, given.recorded);
}

#[test]
fn a_job_that_never_started_and_is_not_wanted_any_longer_is_removed() {
    let stuck = JobFacts {
        started: false,
        ..job(IMAGE_B, 500, Outcome::Running)
    };
    for wanted in [IMAGE_A, "server:3"] {
        let given = Given::serving(IMAGE_A, wanted)
            .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
            .with_job(stuck.clone());
        let (job, uid) = (stuck.name.clone(), stuck.uid.clone());
        assert_eq!(given.decide().step, Step::Remove { job, uid }, "{wanted}");
    }
}

#[test]
fn a_job_that_never_started_but_is_wanted_is_awaited_with_its_problem() {
    let problem = Some("pod x: ImagePullBackOff".to_owned());
    let stuck = JobFacts {
        started: false,
        problem: problem.clone(),
        ..job(IMAGE_B, 500, Outcome::Running)
    };
    let given = Given::serving(IMAGE_A, IMAGE_B)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(stuck.clone());
    assert_eq!(
        given.decide().step,
        Step::Await {
            job: Some(stuck.name),
            problem
        }
    );
}

#[test]
fn what_migrated_serves() {
    let given = Given::serving(IMAGE_A, IMAGE_B)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(job(IMAGE_B, 500, succeeded()));
    let decision = given.decide();
    assert_eq!(decision.step, Step::Done);
    assert_eq!(serving(&decision), Some(IMAGE_B));
    assert_eq!(decision.current.unwrap().schema_version, Some(3));
    assert_eq!(decision.migration.unwrap().finished_at, Some(at(510)));
}

#[test]
fn what_serves_stays_while_its_successor_migrates_waits_or_fails() {
    for (phase, outcome) in [
        (MigrationPhase::Pending, None),
        (MigrationPhase::Running, None),
        (MigrationPhase::Running, Some(Outcome::Running)),
        (MigrationPhase::Running, Some(failed(10))),
        (MigrationPhase::Failed, None),
    ] {
        let mut given = Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, phase));
        given.jobs = outcome
            .into_iter()
            .map(|outcome| job(IMAGE_B, 500, outcome))
            .collect();
        assert_eq!(given.decide().current, given.current, "{phase:?}");
    }
}

#[test]
fn a_failure_is_recorded_with_code_and_message_and_without_secrets() {
    let given = Given::serving(IMAGE_A, IMAGE_B)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(job(IMAGE_B, 500, failed(11)));
    let decision = given.decide();
    assert_eq!(decision.step, Step::Failed);
    let migration = decision.migration.unwrap();
    assert_eq!(migration.phase, MigrationPhase::Failed);
    assert_eq!(migration.exit_code, Some(11));
    assert_eq!(migration.message.unwrap(), "boom at postgres://***@db/shop");
}

#[test]
fn a_secret_that_changes_while_its_migration_runs_or_after_it_succeeded_repeats_nothing() {
    for phase in [MigrationPhase::Running, MigrationPhase::Succeeded] {
        let mut given = Given::serving(IMAGE_A, IMAGE_B)
            .with_recorded(recorded(IMAGE_B, phase))
            .with_job(job(IMAGE_B, 500, succeeded()));
        given.target.as_mut().unwrap().secret_version = "8".to_owned();
        assert_eq!(given.decide().step, Step::Done, "{phase:?}");
    }
}

#[test]
fn the_schema_version_on_record_follows_every_migration_of_the_database() {
    let given = Given::serving(IMAGE_A, IMAGE_A)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(job(IMAGE_B, 500, succeeded()));
    assert_eq!(given.decide().current.unwrap().schema_version, Some(3));
}

#[test]
fn the_next_target_starts_when_the_running_one_has_ended() {
    let given = Given::serving(IMAGE_A, "server:3")
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(job(IMAGE_B, 500, succeeded()));
    let decision = given.decide();
    assert_eq!(decision.step, Step::Start);
    assert_eq!(decision.migration.as_ref().unwrap().image, "server:3");
    assert_eq!(serving(&decision), Some(IMAGE_A));
}

#[test]
fn another_database_is_migrated_before_it_serves() {
    let mut given = Given::serving(IMAGE_A, IMAGE_A);
    let target = given.target.as_mut().unwrap();
    target.database = database("other");
    target.database_hash = "d2".to_owned();
    target.hash = "on-the-other".to_owned();
    let decision = given.decide();
    assert_eq!(decision.step, Step::Start);
    assert_eq!(decision.current, given.current);
}

#[test]
fn other_credentials_for_the_same_database_serve_without_a_migration() {
    let mut given = Given::serving(IMAGE_A, IMAGE_A);
    given.target.as_mut().unwrap().database = database("other");
    given.target.as_mut().unwrap().hash = "with-other-credentials".to_owned();
    let decision = given.decide();
    assert_eq!(decision.step, Step::Done);
    assert_eq!(decision.current.unwrap().database, database("other"));
    let mut recorded = given.recorded.unwrap();
    recorded.database = database("other");
    assert_eq!(decision.migration, Some(recorded));
}

#[test]
fn at_rest_nothing_changes() {
    let given = Given::serving(IMAGE_A, IMAGE_A).with_job(job(IMAGE_A, 500, succeeded()));
    let decision = given.decide();
    assert_eq!(decision.step, Step::Done);
    assert_eq!(
        (decision.migration, decision.current),
        (given.recorded, given.current)
    );
}
