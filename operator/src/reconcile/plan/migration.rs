//! The state machine of migrations: a pure function of what is on record, what serves, and which Jobs exist.
//!
//! It holds three promises. What serves changes only when a migration for it has succeeded. A Job is created only while none
//! runs. A migration that failed is not repeated until something that it depends on changes.

use authbackend_crds::v1alpha1::{Current, MigrationPhase, MigrationStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::job::{JobFacts, Outcome};
use super::target::Target;
use crate::reconcile::conditions;

/// All that the next step depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What the spec asks for, or `None` while that is not known because a Secret is missing.
    pub target: Option<&'a Target>,
    /// Whether a Job may be created now.
    pub permission: Permission,
    /// The migration on record.
    pub recorded: Option<&'a MigrationStatus>,
    /// What serves.
    pub current: Option<&'a Current>,
    /// The Jobs of this AuthBackend, oldest first.
    pub jobs: &'a [JobFacts],
    /// Whether a pod runs whose Job is gone.
    pub orphan: bool,
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

/// What comes next, and what to put on record before it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The migration to record.
    pub migration: Option<MigrationStatus>,
    /// What serves from now on.
    pub current: Option<Current>,
    /// What to do.
    pub step: Step,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing can be said before the missing Secret is there.
    Unknown,
    /// Create the Job of the recorded migration.
    Start,
    /// A Job is to be created as soon as it may.
    Wait,
    /// Wait for the Job that runs.
    Await {
        /// Its name; `None` for a pod whose Job is gone.
        job: Option<String>,
        /// What keeps it from starting.
        problem: Option<String>,
    },
    /// Delete a Job first: one of an earlier time that has the wanted name, or one that never started and is not
    /// wanted any longer.
    Remove {
        /// Its name.
        job: String,
        /// Its uid.
        uid: String,
    },
    /// The migration failed; wait for a change.
    Failed,
    /// What serves is what the spec asks for.
    Done,
}

/// Decides what comes next.
pub fn decide(situation: &Situation<'_>) -> Decision {
    let mut decision = Decision {
        migration: situation.recorded.cloned(),
        current: situation.current.cloned(),
        step: Step::Unknown,
    };
    record_outcome(&mut decision, situation);
    let recorded = decision.migration.as_ref();
    let hash = situation.target.map(|target| target.hash_after(recorded));
    if let Some(running) = running(situation.jobs, recorded) {
        decision.step = await_or_remove(situation, running, hash.as_deref());
        adopt_running(&mut decision, situation, running, hash.as_deref());
    } else if situation.orphan {
        decision.step = Step::Await {
            job: None,
            problem: None,
        };
    } else if let (Some(target), Some(hash)) = (situation.target, hash) {
        advance(&mut decision, situation, target, &hash);
    }
    decision
}

/// Puts the end of the recorded migration on record, before its Job can expire.
fn record_outcome(decision: &mut Decision, situation: &Situation<'_>) {
    let Some(migration) = decision.migration.as_mut() else {
        return;
    };
    if migration.phase != MigrationPhase::Running {
        return;
    }
    let Some(job) = situation.jobs.iter().find(|job| job.hash == migration.hash) else {
        return;
    };
    end(migration, job, situation.now);
    // Also a migration that is not wanted any longer changed the schema that the serving version works on.
    if let (Some(current), Some(version)) = (decision.current.as_mut(), migration.schema_version)
        && migration.phase == MigrationPhase::Succeeded
        && current.database_hash == migration.database_hash
    {
        current.schema_version = Some(version);
    }
}

/// Copies the outcome of `job` into `migration`.
fn end(migration: &mut MigrationStatus, job: &JobFacts, now: &Time) {
    migration.started_at = job.created.clone().or(migration.started_at.take());
    match &job.outcome {
        Outcome::Running => return,
        Outcome::Succeeded { schema_version } => {
            migration.phase = MigrationPhase::Succeeded;
            migration.schema_version = *schema_version;
        }
        Outcome::Failed { exit_code, message } => {
            migration.phase = MigrationPhase::Failed;
            migration.exit_code = *exit_code;
            migration.message = Some(conditions::message(message));
        }
    }
    migration.finished_at = Some(job.finished.clone().unwrap_or_else(|| now.clone()));
}

/// The Job that runs. There is never more than one of ours; should there be, the recorded one counts.
fn running<'a>(jobs: &'a [JobFacts], recorded: Option<&MigrationStatus>) -> Option<&'a JobFacts> {
    let running = || jobs.iter().filter(|job| !job.is_finished());
    let is_recorded = |job: &&JobFacts| recorded.is_some_and(|recorded| recorded.hash == job.hash);
    running().find(is_recorded).or_else(|| running().next())
}

/// A Job that runs is awaited whatever the spec says by now. One that is not wanted any longer and never started (its
/// image does not exist, for example) touched nothing, and would be awaited for its whole deadline.
fn await_or_remove(situation: &Situation<'_>, job: &JobFacts, hash: Option<&str>) -> Step {
    let wanted = match hash {
        Some(hash) => hash == job.hash && !is_settled(situation),
        None => true,
    };
    if wanted || job.started {
        return Step::Await {
            job: Some(job.name.clone()),
            problem: job.problem.clone(),
        };
    }
    Step::Remove {
        job: job.name.clone(),
        uid: job.uid.clone(),
    }
}

/// Whether what serves is what the spec asks for.
fn is_settled(situation: &Situation<'_>) -> bool {
    let serves = |current| situation.target.is_some_and(|target| target.is(current));
    situation.current.is_some_and(serves)
}

/// Puts a running Job on record that is ours by its hash: the operator ended between creating the Job and writing the
/// status, or the status was lost.
fn adopt_running(
    decision: &mut Decision,
    situation: &Situation<'_>,
    job: &JobFacts,
    hash: Option<&str>,
) {
    let recorded = decision
        .migration
        .as_ref()
        .filter(|recorded| recorded.hash == job.hash);
    if recorded.is_some_and(|recorded| recorded.phase == MigrationPhase::Running) {
        return;
    }
    if let Some(target) = situation.target.filter(|_| hash == Some(job.hash.as_str())) {
        let started = job.created.as_ref().unwrap_or(situation.now);
        decision.migration =
            Some(target.migration(&job.hash, MigrationPhase::Running, Some(started)));
    }
}

/// No Job runs: what is needed to get to `target`?
fn advance(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    if is_settled(situation) {
        return settle(decision, situation, target, hash);
    }
    let begun = |recorded: &MigrationStatus| {
        recorded.hash == hash && recorded.phase != MigrationPhase::Pending
    };
    if !decision.migration.as_ref().is_some_and(begun)
        && let Some(job) = situation.jobs.iter().find(|job| job.hash == hash)
    {
        if is_stale(job, decision.migration.as_ref()) {
            decision.step = Step::Remove {
                job: job.name.clone(),
                uid: job.uid.clone(),
            };
            return;
        }
        let mut adopted = target.migration(hash, MigrationPhase::Running, job.created.as_ref());
        end(&mut adopted, job, situation.now);
        decision.migration = Some(adopted);
    }
    let recorded = decision
        .migration
        .as_ref()
        .filter(|recorded| recorded.hash == hash);
    match recorded.map(|recorded| recorded.phase) {
        Some(MigrationPhase::Succeeded) => {
            let version = recorded.and_then(|recorded| recorded.schema_version);
            decision.current = Some(target.current(version, decision.current.as_ref()));
            decision.step = Step::Done;
        }
        Some(MigrationPhase::Failed) => decision.step = Step::Failed,
        Some(MigrationPhase::Pending | MigrationPhase::Running) | None => {
            start(decision, situation, target, hash);
        }
    }
}

/// The spec asks for what serves, perhaps again after an attempt at something else: nothing to migrate.
fn settle(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    decision.step = Step::Done;
    if let Some(current) = decision.current.as_mut() {
        // Other credentials for the same database.
        current.database = target.database.clone();
    }
    let succeeded = |recorded: &MigrationStatus| recorded.phase == MigrationPhase::Succeeded;
    if !decision.migration.as_ref().is_some_and(succeeded) {
        let mut settled = target.migration(hash, MigrationPhase::Succeeded, None);
        settled.finished_at = Some(situation.now.clone());
        settled.schema_version = decision
            .current
            .as_ref()
            .and_then(|current| current.schema_version);
        decision.migration = Some(settled);
    }
}

/// A finished Job from before the recorded migration proves nothing about the schema of today: a later migration may
/// have made the database newer.
fn is_stale(job: &JobFacts, recorded: Option<&MigrationStatus>) -> bool {
    let Some(recorded) = recorded else {
        return false;
    };
    let last = recorded
        .finished_at
        .as_ref()
        .or(recorded.started_at.as_ref());
    match (last, &job.created) {
        (Some(last), Some(created)) => created.0 <= last.0,
        _ => false,
    }
}

/// Creates the Job, or waits until it may. A Job that was lost is created again under the same name.
fn start(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    if situation.permission == Permission::Granted {
        decision.migration =
            Some(target.migration(hash, MigrationPhase::Running, Some(situation.now)));
        decision.step = Step::Start;
        return;
    }
    decision.step = Step::Wait;
    // What is on record of an earlier migration stays until the new one begins.
    let ended = |recorded: &MigrationStatus| recorded.finished_at.is_some();
    if situation.permission == Permission::Later && !decision.migration.as_ref().is_some_and(ended)
    {
        decision.migration = Some(target.migration(hash, MigrationPhase::Pending, None));
    }
}

#[cfg(test)]
mod tests;
