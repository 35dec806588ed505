//! The state machine of migrations: a pure function of what is on record, what serves, and which Jobs exist.
//!
//! It holds these promises. What serves changes only when a migration for it has succeeded, and goes back when its pods do
//! not become ready, as does the pod template of what serves. A Job is created only while none runs. A migration that failed is not repeated until something that it
//! depends on changes. A plan that needs an approval is carried out only as it was shown. What earlier versions use is
//! removed only when none of their pods runs.

mod contract;
mod preflight;
mod progress;
mod record;
mod rejection;
mod rollback;

use std::collections::BTreeSet;
use std::time::Duration;

use authbackend_crds::v1alpha1::{
    ContractStatus, Current, MigrationPhase, MigrationPolicy, MigrationStatus, Rejected,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

pub use record::job_of;
pub use rejection::upholds;

use super::job::{JobFacts, Kind};
use super::rollout::Rollout;
use super::target::Target;

/// All that the next step depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What the spec asks for, or `None` while that is not known because a Secret is missing.
    pub target: Option<&'a Target>,
    /// Whether a Job may be created now.
    pub permission: Permission,
    /// What people allowed.
    pub consent: Consent<'a>,
    /// The migration on record.
    pub recorded: Option<&'a MigrationStatus>,
    /// What serves.
    pub current: Option<&'a Current>,
    /// What served before, while not every pod runs `current`.
    pub previous: Option<&'a Current>,
    /// The contract on record.
    pub contract: Option<&'a ContractStatus>,
    /// The Jobs of this AuthBackend, oldest first.
    pub jobs: &'a [JobFacts],
    /// Whether a migration runs whose Job is gone, or is that of a deleted AuthBackend.
    pub orphan: bool,
    /// The pods of what serves.
    pub pods: Pods<'a>,
    /// The time.
    pub now: &'a Time,
}

/// Whether a Job may be created.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Permission {
    /// Now.
    Granted,
    /// Later: the database is not ready yet.
    Later,
    /// Not at all: the database is somebody else's. Nothing is put on record, because a record is a claim.
    Refused,
}

/// What people allowed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Consent<'a> {
    /// Whether a migration waits for an approval.
    pub policy: MigrationPolicy,
    /// Hash of the approved plan.
    pub plan: Option<&'a str>,
    /// Hash of the approved contract.
    pub contract: Option<&'a str>,
    /// Seconds after which a contract needs no approval.
    pub contract_delay: Option<u32>,
}

/// The pods of what serves.
#[derive(Clone, Copy, Debug)]
pub struct Pods<'a> {
    /// How far the Deployment of `current` is, with the template of before where something was rejected.
    pub rollout: &'a Rollout,
    /// What keeps the newest pod from running.
    pub problem: Option<&'a str>,
    /// Hash of the Deployment that `current` is rendered as; `None` while it cannot be rendered.
    pub serving: Option<&'a str>,
    /// Hash of the Deployment that the target would be rendered as; `None` while it cannot be rendered.
    pub target: Option<&'a str>,
    /// Hashes of the Deployments whose pod templates can be put back.
    pub templates: &'a BTreeSet<String>,
    /// What was rejected, as far as [`upholds`] has it stand.
    pub rejected: Option<&'a Rejected>,
    /// The annotation that asks for another try.
    pub retry: Option<&'a str>,
    /// Whether a pod is still ending, perhaps one of before.
    pub ending: bool,
    /// Whether the Deployment may be changed.
    pub suspended: bool,
}

/// What comes next, and what to put on record before it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The migration to record.
    pub migration: Option<MigrationStatus>,
    /// What serves from now on.
    pub current: Option<Current>,
    /// What served before, while not every pod runs `current`.
    pub previous: Option<Current>,
    /// What was rejected, while the template that served before stays.
    pub rejected: Option<Rejected>,
    /// The contract to record.
    pub contract: Option<ContractStatus>,
    /// What to do.
    pub step: Step,
    /// When to decide again although nothing changed.
    pub wake: Option<Duration>,
}

impl Decision {
    /// Whether the Deployment is to have the pod template that `current` served with, whatever the spec says of it.
    pub fn puts_back(&self) -> bool {
        let phase = self.migration.as_ref().map(|migration| migration.phase);
        self.rejected.is_some() || phase == Some(MigrationPhase::RolledBack)
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing can be said before the missing Secret is there.
    Unknown,
    /// Create the Job that finds out what the recorded migration would do.
    Plan,
    /// The plan is shown; wait for its approval.
    AwaitApproval,
    /// Create the Job of the recorded migration.
    Start,
    /// A Job is to be created as soon as it may.
    Wait,
    /// Wait for the Job that runs.
    Await {
        /// Its name; `None` for a migration whose Job is gone or not ours.
        job: Option<String>,
        /// What keeps it from starting.
        problem: Option<String>,
    },
    /// Delete a Job first: one of an earlier time that has the wanted name, or one that changed nothing and is not
    /// wanted any longer.
    Remove {
        /// Its name.
        job: String,
        /// Its uid.
        uid: String,
    },
    /// The migration failed; wait for a change.
    Failed,
    /// The pods did not become ready, and what served before serves again; wait for a change.
    RolledBack,
    /// What serves is what the spec asks for.
    Done,
    /// So it is, and the Job of the recorded contract is to be created.
    Contract,
}

/// Decides what comes next.
pub fn decide(situation: &Situation<'_>) -> Decision {
    let mut decision = Decision {
        migration: situation.recorded.cloned(),
        current: situation.current.cloned(),
        previous: situation.previous.cloned(),
        rejected: situation.pods.rejected.cloned(),
        contract: situation.contract.cloned(),
        step: Step::Unknown,
        wake: None,
    };
    progress::record_outcome(&mut decision, situation);
    contract::record_outcome(&mut decision, situation);
    rollback::record_rollout(&mut decision, situation);
    let hash = situation
        .target
        .map(|target| target.hash_after(decision.migration.as_ref()));
    let running = running(situation.jobs, decision.migration.as_ref());
    let contracts = running.is_some_and(|job| job.kind == Kind::Contract);
    if let Some(running) = running.filter(|_| !(contracts && is_settled(&decision, situation))) {
        decision.step = progress::await_or_remove(&decision, situation, running, hash.as_deref());
        progress::adopt_running(&mut decision, situation, running, hash.as_deref());
    } else if situation.orphan {
        decision.step = Step::Await {
            job: None,
            problem: None,
        };
    } else if let (Some(target), Some(hash)) = (situation.target, hash) {
        progress::advance(&mut decision, situation, target, &hash);
        contract::advance(&mut decision, situation, target, contracts);
    }
    decision
}

/// The Job that runs. There is never more than one of ours; should there be, the recorded one counts.
fn running<'a>(jobs: &'a [JobFacts], recorded: Option<&MigrationStatus>) -> Option<&'a JobFacts> {
    let running = || jobs.iter().filter(|job| !job.is_finished());
    let is_recorded =
        |job: &&JobFacts| recorded.is_some_and(|recorded| record::is_job_of(recorded, job));
    running().find(is_recorded).or_else(|| running().next())
}

/// Whether what serves is what the spec asks for.
fn is_settled(decision: &Decision, situation: &Situation<'_>) -> bool {
    let serves = |current| situation.target.is_some_and(|target| target.is(current));
    decision.current.as_ref().is_some_and(serves)
}

#[cfg(test)]
mod tests;
