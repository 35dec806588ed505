//! Every situation of a migration over two images, checked for what must hold in all of them.

use std::collections::BTreeSet;

use authbackend_crds::v1alpha1::{Database, MigrationPhase, MigrationStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

use crate::build::Settings;
use crate::reconcile::plan::job::{JobFacts, Kind, Outcome};
use crate::reconcile::plan::migration::{
    Consent, Decision, Permission, Pods, Situation, Step, decide,
};
use crate::reconcile::plan::rollout::Rollout;
use crate::reconcile::plan::target::Target;

const IMAGES: [&str; 2] = ["server:1", "server:2"];
const PHASES: [MigrationPhase; 4] = [
    MigrationPhase::Pending,
    MigrationPhase::Running,
    MigrationPhase::Succeeded,
    MigrationPhase::Failed,
];

fn at(second: i64) -> Time {
    Time(Timestamp::from_second(second).unwrap())
}

fn target(image: &str) -> Target {
    Target {
        image: image.to_owned(),
        database: Database::default(),
        database_hash: "d".to_owned(),
        secret_version: "1".to_owned(),
        settings: Settings {
            text: "{}".to_owned(),
            hash: "settings".to_owned(),
            schema_hash: None,
            secret_refs: Vec::new(),
            outbound_ports: BTreeSet::new(),
        },
        hash: format!("hash-{image}"),
        instance: "shop".to_owned(),
    }
}

fn records() -> Vec<Option<MigrationStatus>> {
    let mut records = vec![None];
    for (image, phase) in IMAGES
        .iter()
        .flat_map(|image| PHASES.map(|phase| (image, phase)))
    {
        let target = target(image);
        let mut record = target.migration(&target.hash, phase, Some(&at(100)));
        if matches!(phase, MigrationPhase::Succeeded | MigrationPhase::Failed) {
            record.finished_at = Some(at(110));
        }
        records.push(Some(record));
    }
    records
}

/// No Job of `image`, or one in any state, older or newer than the record.
fn jobs_of(image: &str) -> Vec<Option<JobFacts>> {
    let failed = Outcome::Failed {
        exit_code: Some(10),
        message: "boom".to_owned(),
    };
    let mut jobs = vec![None];
    let succeeded = Outcome::Succeeded {
        schema_version: Some(1),
        pending_contracts: Vec::new(),
    };
    let job = |outcome: &Outcome, created, started| JobFacts {
        name: format!("job-{image}"),
        kind: Kind::Migrate,
        uid: format!("uid-{image}"),
        hash: target(image).hash,
        created: Some(at(created)),
        finished: (*outcome != Outcome::Running).then(|| at(created + 5)),
        outcome: outcome.clone(),
        started,
        problem: None,
    };
    for started in [true, false] {
        jobs.push(Some(job(&Outcome::Running, 200, started)));
    }
    for outcome in [succeeded, failed] {
        jobs.extend([50, 105, 200].map(|created| Some(job(&outcome, created, true))));
    }
    jobs
}

/// Calls `check` with every situation and its decision; returns how many there are.
fn for_each(check: impl Fn(&Situation<'_>, &Decision)) -> usize {
    let targets = [None, Some(target(IMAGES[0])), Some(target(IMAGES[1]))];
    let currents = [
        None,
        Some(target(IMAGES[0]).current(None, None)),
        Some(target(IMAGES[1]).current(None, None)),
    ];
    let (records, now) = (records(), at(1_000));
    let mut count = 0;
    for (first, second) in jobs_of(IMAGES[0])
        .iter()
        .flat_map(|a| jobs_of(IMAGES[1]).into_iter().map(move |b| (a.clone(), b)))
    {
        let jobs: Vec<JobFacts> = [first, second].into_iter().flatten().collect();
        for (target, current) in targets
            .iter()
            .flat_map(|target| currents.iter().map(move |current| (target, current)))
        {
            for (recorded, orphan) in records
                .iter()
                .flat_map(|record| [false, true].map(|orphan| (record, orphan)))
            {
                for permission in [Permission::Granted, Permission::Later, Permission::Refused] {
                    let situation = Situation {
                        target: target.as_ref(),
                        permission,
                        recorded: recorded.as_ref(),
                        current: current.as_ref(),
                        previous: None,
                        contract: None,
                        consent: Consent::default(),
                        pods: Pods {
                            rollout: &Rollout::Outdated,
                            problem: None,
                            serving: Some("serving"),
                            target: Some("template"),
                            templates: &BTreeSet::new(),
                            rejected: None,
                            retry: None,
                            ending: false,
                            suspended: false,
                        },
                        jobs: &jobs,
                        orphan,
                        now: &now,
                    };
                    check(&situation, &decide(&situation));
                    count += 1;
                }
            }
        }
    }
    count
}

/// Whether the migration to `image` is known to have succeeded.
fn has_succeeded(situation: &Situation<'_>, image: &str) -> bool {
    let on_record = situation
        .recorded
        .is_some_and(|record| record.image == image && record.phase == MigrationPhase::Succeeded);
    let job = situation
        .jobs
        .iter()
        .find(|job| job.hash == target(image).hash);
    on_record || job.is_some_and(|job| matches!(job.outcome, Outcome::Succeeded { .. }))
}

#[test]
fn a_job_starts_only_when_none_runs_and_it_may() {
    let count = for_each(|situation, decision| {
        if decision.step == Step::Start {
            assert!(
                situation.jobs.iter().all(JobFacts::is_finished),
                "{situation:?}"
            );
            assert!(
                !situation.orphan && situation.permission == Permission::Granted,
                "{situation:?}"
            );
            let hash = &decision.migration.as_ref().unwrap().hash;
            let taken = situation.jobs.iter().any(|job| &job.hash == hash);
            assert!(!taken, "the name is taken: {situation:?}");
        }
    });
    assert!(count > 30_000, "{count}");
}

#[test]
fn what_serves_changes_only_to_what_the_spec_asks_for_and_has_migrated() {
    for_each(|situation, decision| {
        let image = |current: &Option<_>| {
            current
                .as_ref()
                .map(|current: &authbackend_crds::v1alpha1::Current| current.image.clone())
        };
        let (before, after) = (image(&situation.current.cloned()), image(&decision.current));
        if before != after {
            let after = after.unwrap_or_default();
            assert_eq!(
                situation.target.map(|target| target.image.clone()),
                Some(after.clone())
            );
            assert!(has_succeeded(situation, &after), "{situation:?}");
        }
    });
}

#[test]
fn done_means_that_what_the_spec_asks_for_serves() {
    for_each(|situation, decision| {
        if decision.step == Step::Done {
            let target = situation.target.unwrap();
            assert!(
                target.is(decision.current.as_ref().unwrap()),
                "{situation:?}"
            );
            assert_eq!(
                decision.migration.as_ref().unwrap().phase,
                MigrationPhase::Succeeded
            );
        }
    });
}

#[test]
fn only_a_finished_or_a_never_started_job_is_removed() {
    for_each(|situation, decision| {
        if let Step::Remove { uid, .. } = &decision.step {
            let job = situation.jobs.iter().find(|job| &job.uid == uid).unwrap();
            assert!(job.is_finished() || !job.started, "{situation:?}");
        }
    });
}

#[test]
fn deciding_again_on_the_own_decision_decides_the_same() {
    for_each(|situation, decision| {
        let again = Situation {
            recorded: decision.migration.as_ref(),
            current: decision.current.as_ref(),
            ..*situation
        };
        assert_eq!(&decide(&again), decision, "{situation:?}");
    });
}
