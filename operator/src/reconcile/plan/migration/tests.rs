use authbackend_crds::v1alpha1::{Database, SecretKeyRef};
use k8s_openapi::jiff::Timestamp;

use super::*;

const IMAGE_A: &str = "server:1";
const IMAGE_B: &str = "server:2";
const NOW: i64 = 1_000;

fn at(second: i64) -> Time {
    Time(Timestamp::from_second(second).unwrap())
}

fn database(secret: &str) -> Database {
    Database {
        secret_ref: Some(SecretKeyRef {
            name: secret.to_owned(),
            key: "uri".to_owned(),
        }),
        ..Database::default()
    }
}

fn target(image: &str) -> Target {
    Target {
        image: image.to_owned(),
        database: database("db"),
        database_hash: "d1".to_owned(),
        secret_version: "7".to_owned(),
        hash: format!("hash-of-{image}"),
        instance: "shop".to_owned(),
    }
}

fn recorded(image: &str, phase: MigrationPhase) -> MigrationStatus {
    let target = target(image);
    let mut migration = target.migration(&target.hash, phase, Some(&at(500)));
    if matches!(phase, MigrationPhase::Succeeded | MigrationPhase::Failed) {
        migration.finished_at = Some(at(510));
    }
    migration
}

fn job(image: &str, created: i64, outcome: Outcome) -> JobFacts {
    let hash = target(image).hash;
    JobFacts {
        name: crate::names::migration_job("shop", &hash),
        uid: format!("uid-{image}-{created}"),
        hash,
        created: Some(at(created)),
        finished: (outcome != Outcome::Running).then(|| at(created + 10)),
        outcome,
        started: true,
        problem: None,
    }
}

fn succeeded() -> Outcome {
    Outcome::Succeeded {
        schema_version: Some(3),
    }
}

fn failed(exit_code: i32) -> Outcome {
    Outcome::Failed {
        exit_code: Some(exit_code),
        message: "boom at postgres://u:p@db/shop".to_owned(),
    }
}

/// A situation that is changed by the test and then decided.
struct Given {
    target: Option<Target>,
    permission: Permission,
    recorded: Option<MigrationStatus>,
    current: Option<Current>,
    jobs: Vec<JobFacts>,
    orphan: bool,
}

impl Given {
    /// A new AuthBackend that asks for `image`.
    fn new(image: &str) -> Self {
        Self {
            target: Some(target(image)),
            permission: Permission::Granted,
            recorded: None,
            current: None,
            jobs: Vec::new(),
            orphan: false,
        }
    }

    /// One on which `serving` serves and that asks for `image`.
    fn serving(serving: &str, image: &str) -> Self {
        let current = target(serving).current(Some(2));
        let recorded = recorded(serving, MigrationPhase::Succeeded);
        Self::new(image)
            .with_current(current)
            .with_recorded(recorded)
    }

    fn with_current(mut self, current: Current) -> Self {
        self.current = Some(current);
        self
    }

    fn with_recorded(mut self, recorded: MigrationStatus) -> Self {
        self.recorded = Some(recorded);
        self
    }

    fn with_job(mut self, job: JobFacts) -> Self {
        self.jobs.push(job);
        self
    }

    fn with_permission(mut self, permission: Permission) -> Self {
        self.permission = permission;
        self
    }

    fn decide(&self) -> Decision {
        decide(&Situation {
            target: self.target.as_ref(),
            permission: self.permission,
            recorded: self.recorded.as_ref(),
            current: self.current.as_ref(),
            jobs: &self.jobs,
            orphan: self.orphan,
            now: &at(NOW),
        })
    }
}

fn phase(decision: &Decision) -> Option<MigrationPhase> {
    decision.migration.as_ref().map(|migration| migration.phase)
}

fn serving(decision: &Decision) -> Option<&str> {
    decision
        .current
        .as_ref()
        .map(|current| current.image.as_str())
}

fn awaited(image: &str) -> Step {
    Step::Await {
        job: Some(job(image, 0, Outcome::Running).name),
        problem: None,
    }
}

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
fn an_outcome_on_record_outlives_its_job() {
    let given = Given::serving(IMAGE_A, IMAGE_B)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Succeeded));
    assert_eq!(serving(&given.decide()), Some(IMAGE_B));
    let given =
        Given::serving(IMAGE_A, IMAGE_B).with_recorded(recorded(IMAGE_B, MigrationPhase::Failed));
    assert_eq!(given.decide().step, Step::Failed);
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
fn the_schema_version_on_record_follows_every_migration_of_the_database() {
    let given = Given::serving(IMAGE_A, IMAGE_A)
        .with_recorded(recorded(IMAGE_B, MigrationPhase::Running))
        .with_job(job(IMAGE_B, 500, succeeded()));
    assert_eq!(given.decide().current.unwrap().schema_version, Some(3));
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
    assert_eq!(decision.migration, given.recorded);
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
