//! The operator: the real state machine between abstract worlds.

use std::collections::BTreeSet;

use authbackend_crds::v1alpha1::{
    AuthBackendStatus, ContractStatus, Current, Database, MigrationPhase, MigrationPlan,
    MigrationPolicy, MigrationStatus, PlannedMigration, Rejected,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

use super::promise::{keep_promise, put_back};
use super::state::{
    Alphabet, Backend, End, Intent, Job, Pending, Progress, State, Status, Table, Template, Work,
};
use crate::build::Settings;
use crate::reconcile::claims::{Registry, recorded};
use crate::reconcile::observed::OtherAuthBackend;
use crate::reconcile::plan::job::{JobFacts, Kind, Outcome};
use crate::reconcile::plan::migration::{
    Consent, Decision, Permission, Pods, Situation, Step, decide, job_of, upholds,
};
use crate::reconcile::plan::rollout::Rollout;
use crate::reconcile::plan::target::Target;

/// The operator, with the tables that its records are kept in.
#[derive(Default)]
pub struct Operator {
    pub migrations: Table<MigrationStatus>,
    pub currents: Table<Current>,
    pub contracts: Table<ContractStatus>,
    pub rejected: Table<Rejected>,
    pub texts: Table<String>,
    pub registries: Table<Registry>,
}

fn at(rank: u8) -> Time {
    Time(Timestamp::from_second(i64::from(rank)).unwrap())
}

pub fn image(number: u8) -> String {
    format!("server:{number}")
}

pub fn number(image: &str) -> u8 {
    image.rsplit(':').next().unwrap().parse().unwrap()
}

fn claimant(index: usize) -> OtherAuthBackend {
    OtherAuthBackend {
        namespace: String::new(),
        name: index.to_string(),
        uid: index.to_string(),
        created: None,
    }
}

fn target(backend: &Backend) -> Target {
    let (image, database) = (image(backend.image), format!("{}", backend.database));
    Target {
        hash: format!("{image} on {database}, {}", backend.retry),
        image,
        database: Database::default(),
        database_hash: database,
        secret_version: backend.secret.to_string(),
        settings: Settings {
            text: String::new(),
            hash: String::new(),
            schema_hash: None,
            secret_refs: Vec::new(),
            outbound_ports: BTreeSet::new(),
        },
        instance: "shop".to_owned(),
    }
}

pub fn template(current: &Current, tweak: bool) -> Template {
    Template {
        image: number(&current.image),
        database: current.database_hash.parse().unwrap(),
        tweak,
    }
}

impl Operator {
    /// Reads and decides. Answers with what was decided.
    pub fn plan(&mut self, state: &mut State, index: usize, alphabet: &Alphabet) -> Decision {
        let backend = state.backends[index];
        let target = (backend.secret > 0).then(|| target(&backend));
        let [migration, current, previous, contract] = self.records(&backend);
        let is_taken = self.is_taken(state, index, target.as_ref(), alphabet);
        let current = current.as_ref().map(Record::current);
        let seen = self.see(&backend, target.as_ref(), current);
        let texts = [backend.approved_plan, backend.approved_contract]
            .map(|number| self.texts.get(number).cloned());
        let now = at(backend.now());
        let decision = decide(&Situation {
            target: target.as_ref(),
            permission: match (is_taken, backend.suspended) {
                (true, _) => Permission::Refused,
                (false, true) => Permission::Later,
                (false, false) => Permission::Granted,
            },
            consent: Consent {
                policy: if backend.manual {
                    MigrationPolicy::Manual
                } else {
                    MigrationPolicy::Automatic
                },
                plan: texts[0].as_deref(),
                contract: texts[1].as_deref(),
                contract_delay: backend.soon.then_some(0),
            },
            recorded: migration.as_ref().map(Record::migration),
            current,
            previous: previous.as_ref().map(Record::current),
            contract: contract.as_ref().map(Record::contract),
            jobs: &self.facts(&backend),
            orphan: backend.orphan.is_some(),
            pods: seen.pods(&backend),
            now: &now,
        });
        let pending = self.pending(&backend, &decision);
        if pending.status != backend.status || pending.intent.is_some() {
            state.backends[index].pending = Some(pending);
        }
        if alphabet.backends < 2 {
            // Nobody else can tell whether something happens in between.
            self.report(state, index, alphabet);
            let stays = decision.puts_back();
            keep_promise(&backend, &mut state.backends[index], seen.rendered, stays);
        }
        decision
    }

    /// How the pods of `current` are.
    fn see(&self, backend: &Backend, target: Option<&Target>, current: Option<&Current>) -> Seen {
        let rendered = current
            .filter(|_| backend.secret > 0)
            .map(|current| template(current, backend.tweak));
        let serving = rendered.map(Template::text);
        let settled = target
            .zip(current)
            .is_some_and(|(target, current)| target.is(current));
        let retry = backend.retry.to_string();
        let rejected = self.rejected.get(backend.status.rejected).cloned();
        let rejected = rejected.filter(|it| upholds(it, serving.as_deref(), Some(&retry), settled));
        let kept = current
            .filter(|_| rejected.is_some() && rendered.is_some())
            .and_then(|current| put_back(backend, current));
        let target = target.map(|_| Template {
            image: backend.image,
            database: backend.database,
            tweak: backend.tweak,
        });
        Seen {
            rendered,
            rollout: rollout(backend, kept.or(rendered)),
            serving,
            target: target.map(Template::text),
            templates: backend.templates().map(Template::text).collect(),
            rejected,
            retry,
        }
    }

    /// Whether the database belongs to another one. Where there is only one, nobody has to be asked.
    fn is_taken(
        &mut self,
        state: &mut State,
        index: usize,
        target: Option<&Target>,
        alphabet: &Alphabet,
    ) -> bool {
        if alphabet.backends < 2 {
            return false;
        }
        let mut registry = self.registry(state);
        let wanted = target.map(|target| target.database_hash.as_str());
        let holder = registry.claim(&claimant(index), wanted, |_| true);
        state.claims = self.registries.number(Some(&registry));
        holder.is_some()
    }

    fn registry(&self, state: &State) -> Registry {
        self.registries
            .get(state.claims)
            .cloned()
            .unwrap_or_default()
    }

    /// Writes what was decided.
    pub fn report(&mut self, state: &mut State, index: usize, alphabet: &Alphabet) {
        let backend = &mut state.backends[index];
        let Some(pending) = backend.pending.take() else {
            return;
        };
        backend.status = pending.status;
        backend.intent = pending.intent;
        if alphabet.backends > 1 {
            let mut registry = self.registry(state);
            registry.record(&claimant(index), &self.recorded(&state.backends[index]));
            state.claims = self.registries.number(Some(&registry));
        }
    }

    /// Its process ends, and the next one begins with what is on record.
    pub fn restart(&mut self, state: &mut State) {
        let mut registry = Registry::default();
        for backend in &mut state.backends {
            (backend.pending, backend.intent) = (None, None);
        }
        let recorded = |index: usize| self.recorded(&state.backends[index]);
        registry.seed(
            [0, 1]
                .map(|index| (claimant(index), recorded(index)))
                .into(),
        );
        state.claims = self.registries.number(Some(&registry));
    }

    fn recorded(&self, backend: &Backend) -> BTreeSet<String> {
        let [migration, current, previous, _] = self.records(backend);
        recorded(&AuthBackendStatus {
            migration: migration.map(|record| record.migration().clone()),
            current: current.map(|record| record.current().clone()),
            previous: previous.map(|record| record.current().clone()),
            ..AuthBackendStatus::default()
        })
    }

    fn records(&self, backend: &Backend) -> [Option<Record>; 4] {
        let time = |rank: u8| (rank > 0).then(|| at(rank));
        let migration = self.migrations.get(backend.status.migration).cloned();
        let migration = migration.map(|mut migration| {
            migration.started_at = time(backend.status.started);
            migration.finished_at = time(backend.status.finished);
            Record::Migration(migration)
        });
        let current = |number| self.currents.get(number).cloned().map(Record::Current);
        let contract = self.contracts.get(backend.status.contract).cloned();
        [
            migration,
            current(backend.status.current),
            current(backend.status.previous),
            contract.map(Record::Contract),
        ]
    }

    fn facts(&self, backend: &Backend) -> Vec<JobFacts> {
        let mut jobs: Vec<_> = backend.jobs.iter().enumerate().collect();
        jobs.sort_by_key(|(_, job)| job.map(|job| job.created));
        let fact = |(place, job): (usize, &Option<Job>)| {
            let job = (*job)?;
            let hash = self.texts.get(job.hash).cloned().unwrap();
            Some(JobFacts {
                name: format!("{:?}-{hash}", job.work),
                uid: place.to_string(),
                kind: kind(job.work),
                hash,
                created: Some(at(job.created)),
                outcome: self.outcome(&job),
                finished: job.is_finished().then(|| at(job.finished)),
                started: job.end != End::Waiting,
                problem: None,
            })
        };
        jobs.into_iter().filter_map(fact).collect()
    }

    fn outcome(&self, job: &Job) -> Outcome {
        let failed = |code| Outcome::Failed {
            exit_code: Some(code),
            message: String::new(),
        };
        match job.end {
            End::Waiting | End::Running => Outcome::Running,
            End::Succeeded if job.work == Work::Plan => {
                let checksum = self.texts.get(job.plan).cloned().unwrap();
                let pending = vec![PlannedMigration::default(); usize::from(!checksum.is_empty())];
                Outcome::Planned(MigrationPlan {
                    checksum,
                    pending,
                    ..MigrationPlan::default()
                })
            }
            End::Succeeded => Outcome::Succeeded {
                schema_version: Some(job.version.into()),
                pending_contracts: vec![1; usize::from(job.contracts)],
            },
            End::Failed => failed(10),
            End::Refused => failed(11),
            End::Changed => failed(12),
        }
    }

    /// What is put on record, and what is done then.
    fn pending(&mut self, backend: &Backend, decision: &Decision) -> Pending {
        let mut status = Status::default();
        let rank = |time: &Option<Time>| {
            let second = time.as_ref().map_or(0, |time| time.0.as_second());
            u8::try_from(second).unwrap()
        };
        let migration = decision.migration.clone().map(|mut migration| {
            status.started = rank(&migration.started_at.take());
            status.finished = rank(&migration.finished_at.take());
            migration
        });
        status.migration = self.migrations.number(migration.as_ref());
        let timeless = |current: &Option<Current>| {
            let mut current = current.clone()?;
            current.rolled_out_at = current.rolled_out_at.map(|_| at(0));
            Some(current)
        };
        status.current = self.currents.number(timeless(&decision.current).as_ref());
        status.previous = self.currents.number(timeless(&decision.previous).as_ref());
        let rejected = decision.rejected.clone().map(|rejected| Rejected {
            rejected_at: None,
            ..rejected
        });
        status.rejected = self.rejected.number(rejected.as_ref());
        let contract = decision.contract.clone().map(|contract| ContractStatus {
            started_at: None,
            finished_at: None,
            ..contract
        });
        status.contract = self.contracts.number(contract.as_ref());
        let remove = match &decision.step {
            Step::Remove { uid, .. } => Some(uid.parse().unwrap()),
            _ => None,
        };
        let deploy = decision
            .current
            .as_ref()
            .filter(|_| backend.secret > 0)
            .map(|current| {
                let kept = decision.puts_back().then(|| put_back(backend, current));
                kept.flatten().unwrap_or(template(current, backend.tweak))
            });
        let intent = Intent {
            create: self.job(backend, decision),
            remove,
            deploy: deploy.filter(|deploy| backend.deployed != Some(*deploy)),
        };
        let acts = intent.create.is_some() || intent.remove.is_some() || intent.deploy.is_some();
        Pending {
            status,
            intent: (acts && !backend.suspended).then_some(intent),
        }
    }

    fn job(&mut self, backend: &Backend, decision: &Decision) -> Option<Job> {
        let (work, hash, plan) = match &decision.step {
            Step::Contract => {
                let contract = decision.contract.as_ref().unwrap();
                assert_eq!(contract.phase, MigrationPhase::Running);
                let before = self.contracts.get(backend.status.contract);
                let began = before.is_some_and(|before| {
                    before.phase == MigrationPhase::Running && before.hash == contract.hash
                });
                let approved = self.texts.get(backend.approved_contract) == Some(&contract.hash);
                assert!(
                    began || approved || backend.soon,
                    "the contract was not approved"
                );
                (Work::Contract, contract.hash.clone(), None)
            }
            Step::Start | Step::Plan => {
                let migration = decision.migration.as_ref().unwrap();
                let (kind, hash) = job_of(migration);
                let plan = migration.plan.as_ref().map(|plan| plan.checksum.clone());
                match kind {
                    Kind::Migrate => (Work::Migrate, hash, plan),
                    Kind::Plan => (Work::Plan, hash, None),
                    Kind::Contract => panic!("a migration is no contract"),
                }
            }
            _ => return None,
        };
        if work == Work::Migrate && backend.manual {
            let migration = decision.migration.as_ref().unwrap();
            let plan = migration.plan.as_ref().expect("it was not planned");
            let approved = self.texts.get(backend.approved_plan);
            assert!(
                plan.pending.is_empty() || approved == Some(&plan.hash),
                "it was not approved"
            );
        }
        Some(Job {
            work,
            hash: self.texts.number(Some(&hash)),
            image: backend.image,
            database: backend.database,
            plan: self.texts.number(plan.as_ref()),
            end: End::Waiting,
            created: 0,
            finished: 0,
            version: 0,
            contracts: false,
        })
    }
}

/// How the pods of what is on record as serving are.
struct Seen {
    rendered: Option<Template>,
    rollout: Rollout,
    serving: Option<String>,
    target: Option<String>,
    templates: BTreeSet<String>,
    rejected: Option<Rejected>,
    retry: String,
}

impl Seen {
    fn pods(&self, backend: &Backend) -> Pods<'_> {
        Pods {
            rollout: &self.rollout,
            problem: None,
            serving: self.serving.as_deref(),
            target: self.target.as_deref(),
            templates: &self.templates,
            rejected: self.rejected.as_ref(),
            retry: Some(&self.retry),
            ending: backend.ending != 0,
            suspended: backend.suspended,
        }
    }
}

/// A record with its times.
enum Record {
    Migration(MigrationStatus),
    Current(Current),
    Contract(ContractStatus),
}

impl Record {
    fn migration(&self) -> &MigrationStatus {
        let Self::Migration(migration) = self else {
            panic!("no migration")
        };
        migration
    }

    fn current(&self) -> &Current {
        let Self::Current(current) = self else {
            panic!("no current")
        };
        current
    }

    fn contract(&self) -> &ContractStatus {
        let Self::Contract(contract) = self else {
            panic!("no contract")
        };
        contract
    }
}

fn kind(work: Work) -> Kind {
    match work {
        Work::Migrate => Kind::Migrate,
        Work::Plan => Kind::Plan,
        Work::Contract => Kind::Contract,
    }
}

fn rollout(backend: &Backend, rendered: Option<Template>) -> Rollout {
    let Some(deployed) = backend.deployed else {
        return Rollout::Absent;
    };
    if rendered != Some(deployed) {
        return Rollout::Outdated;
    }
    match backend.progress {
        Progress::Moving => Rollout::Moving {
            progress: String::new(),
        },
        Progress::Failed => Rollout::Failed {
            message: String::new(),
        },
        Progress::Complete => Rollout::Complete { pods: 1 },
    }
}
