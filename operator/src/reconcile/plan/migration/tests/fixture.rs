//! Situations to decide.

use authbackend_crds::v1alpha1::{Database, MigrationPhase, SecretKeyRef};
use k8s_openapi::jiff::Timestamp;

use super::super::*;
use crate::build::Settings;
use crate::reconcile::plan::job::Outcome;

pub const IMAGE_A: &str = "server:1";
pub const IMAGE_B: &str = "server:2";
pub const NOW: i64 = 1_000;

pub fn at(second: i64) -> Time {
    Time(Timestamp::from_second(second).unwrap())
}

pub fn database(secret: &str) -> Database {
    Database {
        secret_ref: Some(SecretKeyRef {
            name: secret.to_owned(),
            key: "uri".to_owned(),
        }),
        ..Database::default()
    }
}

pub fn target(image: &str) -> Target {
    Target {
        image: image.to_owned(),
        database: database("db"),
        database_hash: "d1".to_owned(),
        secret_version: "7".to_owned(),
        settings: Settings {
            text: "{}".to_owned(),
            hash: "settings".to_owned(),
            schema_hash: None,
            secret_refs: Vec::new(),
            outbound_ports: BTreeSet::new(),
        },
        hash: format!("hash-of-{image}"),
        instance: "shop".to_owned(),
    }
}

pub fn recorded(image: &str, phase: MigrationPhase) -> MigrationStatus {
    let target = target(image);
    let mut migration = target.migration(&target.hash, phase, Some(&at(500)));
    if matches!(phase, MigrationPhase::Succeeded | MigrationPhase::Failed) {
        migration.finished_at = Some(at(510));
    }
    migration
}

pub fn job(image: &str, created: i64, outcome: Outcome) -> JobFacts {
    let hash = target(image).hash;
    JobFacts {
        name: crate::names::migration_job("shop", Kind::Migrate, &hash),
        kind: Kind::Migrate,
        uid: format!("uid-{image}-{created}"),
        hash,
        created: Some(at(created)),
        finished: (outcome != Outcome::Running).then(|| at(created + 10)),
        outcome,
        started: true,
        problem: None,
    }
}

pub fn succeeded() -> Outcome {
    Outcome::Succeeded {
        schema_version: Some(3),
        pending_contracts: Vec::new(),
    }
}

pub fn failed(exit_code: i32) -> Outcome {
    Outcome::Failed {
        exit_code: Some(exit_code),
        message: "boom at postgres://u:p@db/shop".to_owned(),
    }
}

/// A situation that is changed by the test and then decided.
pub struct Given {
    pub target: Option<Target>,
    pub permission: Permission,
    pub recorded: Option<MigrationStatus>,
    pub current: Option<Current>,
    pub previous: Option<Current>,
    pub contract: Option<ContractStatus>,
    pub consent: Consent<'static>,
    pub rollout: Rollout,
    pub ending: bool,
    pub suspended: bool,
    /// Hash of the Deployment that the target would be rendered as.
    pub template: &'static str,
    pub jobs: Vec<JobFacts>,
    pub orphan: bool,
}

impl Given {
    /// A new AuthBackend that asks for `image`.
    pub fn new(image: &str) -> Self {
        Self {
            target: Some(target(image)),
            permission: Permission::Granted,
            recorded: None,
            current: None,
            previous: None,
            contract: None,
            consent: Consent::default(),
            rollout: Rollout::Absent,
            ending: false,
            suspended: false,
            template: "template",
            jobs: Vec::new(),
            orphan: false,
        }
    }

    /// One on which `serving` serves and that asks for `image`.
    pub fn serving(serving: &str, image: &str) -> Self {
        let current = target(serving).current(Some(2), None);
        let recorded = recorded(serving, MigrationPhase::Succeeded);
        Self::new(image)
            .with_current(current)
            .with_recorded(recorded)
    }

    pub fn with_current(mut self, current: Current) -> Self {
        self.current = Some(current);
        self
    }

    pub fn with_recorded(mut self, recorded: MigrationStatus) -> Self {
        self.recorded = Some(recorded);
        self
    }

    pub fn with_job(mut self, job: JobFacts) -> Self {
        self.jobs.push(job);
        self
    }

    pub fn with_permission(mut self, permission: Permission) -> Self {
        self.permission = permission;
        self
    }

    pub fn decide(&self) -> Decision {
        decide(&Situation {
            target: self.target.as_ref(),
            permission: self.permission,
            recorded: self.recorded.as_ref(),
            current: self.current.as_ref(),
            previous: self.previous.as_ref(),
            contract: self.contract.as_ref(),
            consent: self.consent,
            pods: Pods {
                rollout: &self.rollout,
                problem: Some("pod shop-0: CrashLoopBackOff"),
                serving: Some("serving"),
                target: Some(self.template),
                templates: &BTreeSet::new(),
                rejected: None,
                retry: None,
                ending: self.ending,
                suspended: self.suspended,
            },
            jobs: &self.jobs,
            orphan: self.orphan,
            now: &at(NOW),
        })
    }
}

pub fn phase(decision: &Decision) -> Option<MigrationPhase> {
    decision.migration.as_ref().map(|migration| migration.phase)
}

pub fn serving(decision: &Decision) -> Option<&str> {
    decision
        .current
        .as_ref()
        .map(|current| current.image.as_str())
}

pub fn awaited(image: &str) -> Step {
    Step::Await {
        job: Some(job(image, 0, Outcome::Running).name),
        problem: None,
    }
}
