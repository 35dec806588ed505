//! From one version to the next.

use authbackend_crds::v1alpha1::{MigrationPhase, MigrationPolicy, MigrationStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::super::job::{JobFacts, Kind, Outcome};
use super::super::target::Target;
use super::{Decision, Permission, Situation, Step, is_settled, preflight, record, rollback};
use crate::build::job::EXIT_PLAN_CHANGED;
use crate::reconcile::conditions;

/// Puts the end of the recorded migration on record, before its Job can expire.
pub fn record_outcome(decision: &mut Decision, situation: &Situation<'_>) {
    let Some(migration) = decision.migration.as_mut() else {
        return;
    };
    if !matches!(
        migration.phase,
        MigrationPhase::Running | MigrationPhase::Planning
    ) {
        return;
    }
    let mut jobs = situation.jobs.iter();
    let Some(job) = jobs.find(|job| record::is_job_of(migration, job)) else {
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
        Outcome::Planned(plan) => {
            preflight::show(migration, plan);
            return;
        }
        Outcome::Succeeded {
            schema_version,
            pending_contracts,
        } => {
            migration.phase = MigrationPhase::Succeeded;
            migration.schema_version = *schema_version;
            migration.pending_contracts.clone_from(pending_contracts);
        }
        Outcome::Failed {
            exit_code: Some(EXIT_PLAN_CHANGED),
            ..
        } => {
            preflight::begin(migration, now);
            return;
        }
        Outcome::Failed { exit_code, message } => {
            migration.phase = MigrationPhase::Failed;
            migration.exit_code = *exit_code;
            migration.message = Some(conditions::message(message));
        }
    }
    migration.finished_at = Some(job.finished.clone().unwrap_or_else(|| now.clone()));
}

/// A Job that runs is awaited whatever the spec says by now. One that is not wanted any longer and changed nothing is not:
/// because it never started (its image does not exist, for example), or because it only plans.
pub fn await_or_remove(
    decision: &Decision,
    situation: &Situation<'_>,
    job: &JobFacts,
    hash: Option<&str>,
) -> Step {
    let is_recorded = |hash: &str| {
        let recorded = decision.migration.as_ref();
        recorded.is_some_and(|recorded| recorded.hash == hash && record::is_job_of(recorded, job))
    };
    let wanted = match hash {
        Some(hash) => {
            (hash == job.hash || is_recorded(hash) || is_first_plan(job, hash))
                && job.kind != Kind::Contract
                && !is_settled(decision, situation)
        }
        None => true,
    };
    if wanted || (job.started && job.kind != Kind::Plan) {
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

fn is_first_plan(job: &JobFacts, hash: &str) -> bool {
    job.kind == Kind::Plan && job.hash == record::plan_job_hash(hash, 1)
}

/// Puts a running Job on record that is ours by its hash: the operator ended between creating the Job and writing the
/// status, or the status was lost.
pub fn adopt_running(
    decision: &mut Decision,
    situation: &Situation<'_>,
    job: &JobFacts,
    hash: Option<&str>,
) {
    let (Some(target), Some(hash)) = (situation.target, hash) else {
        return;
    };
    let has_begun = |recorded: &MigrationStatus| {
        recorded.hash == hash && recorded.phase != MigrationPhase::Pending
    };
    if decision.migration.as_ref().is_some_and(has_begun) || is_settled(decision, situation) {
        return;
    }
    let phase = match job.kind {
        Kind::Migrate if job.hash == hash => MigrationPhase::Running,
        Kind::Plan if is_first_plan(job, hash) => MigrationPhase::Planning,
        Kind::Migrate | Kind::Plan | Kind::Contract => return,
    };
    let started = job.created.as_ref().unwrap_or(situation.now);
    decision.migration = Some(target.migration(hash, phase, Some(started)));
}

/// No Job runs: what is needed to get to `target`?
pub fn advance(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    if is_settled(decision, situation) {
        return settle(decision, situation, target, hash);
    }
    let begun = |recorded: &MigrationStatus| {
        recorded.hash == hash && recorded.phase != MigrationPhase::Pending
    };
    let is_migration = |job: &&JobFacts| job.kind == Kind::Migrate && job.hash == hash;
    if !decision.migration.as_ref().is_some_and(begun)
        && let Some(job) = situation.jobs.iter().find(is_migration)
    {
        if is_stale(job, decision.migration.as_ref()) {
            decision.step = remove(job);
            return;
        }
        let mut adopted = target.migration(hash, MigrationPhase::Running, job.created.as_ref());
        end(&mut adopted, job, situation.now);
        decision.migration = Some(adopted);
    }
    rollback::retry(decision, situation, hash);
    let recorded = decision
        .migration
        .as_ref()
        .filter(|recorded| recorded.hash == hash);
    match recorded.map(|recorded| recorded.phase) {
        Some(MigrationPhase::Succeeded) => serve(decision, target),
        Some(MigrationPhase::Failed) => decision.step = Step::Failed,
        Some(MigrationPhase::RolledBack) => decision.step = Step::RolledBack,
        Some(
            MigrationPhase::Pending
            | MigrationPhase::Planning
            | MigrationPhase::AwaitingApproval
            | MigrationPhase::Running,
        )
        | None => match situation.consent.policy {
            MigrationPolicy::Automatic => start(decision, situation, target, hash),
            MigrationPolicy::Manual => preflight::advance(decision, situation, target, hash),
        },
    }
}

/// The migration has succeeded: `target` serves from now on.
fn serve(decision: &mut Decision, target: &Target) {
    let recorded = decision.migration.as_ref();
    let version = recorded.and_then(|recorded| recorded.schema_version);
    let contracts = recorded.map(|recorded| recorded.pending_contracts.clone());
    let mut next = target.current(version, decision.current.as_ref());
    next.pending_contracts = contracts.unwrap_or_default();
    rollback::remember(decision, &next);
    decision.current = Some(next);
    decision.rejected = None;
    decision.contract = None;
    decision.step = Step::Done;
}

/// The spec asks for what serves, perhaps again after an attempt at something else: nothing to migrate.
fn settle(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    decision.step = Step::Done;
    if let Some(current) = decision.current.as_mut() {
        // Other credentials for the same database.
        current.database = target.database.clone();
    }
    // A record of another database would go on claiming that one.
    let fits = |recorded: &&mut MigrationStatus| {
        recorded.phase == MigrationPhase::Succeeded
            && recorded.database_hash == target.database_hash
    };
    match decision.migration.as_mut().filter(fits) {
        Some(recorded) => recorded.database = target.database.clone(),
        None => record_settled(decision, situation.now, target, hash),
    }
}

/// Puts on record that the schema is what `target` needs, and nothing of what was before.
pub fn record_settled(decision: &mut Decision, now: &Time, target: &Target, hash: &str) {
    let mut settled = target.migration(hash, MigrationPhase::Succeeded, None);
    if let Some(current) = &decision.current {
        settled.schema_version = current.schema_version;
        settled
            .pending_contracts
            .clone_from(&current.pending_contracts);
    }
    // The same again is no other status.
    settled.finished_at = Some(now.clone());
    if let Some(before) = &decision.migration {
        let again = MigrationStatus {
            finished_at: before.finished_at.clone(),
            ..settled.clone()
        };
        if again == *before {
            return;
        }
    }
    decision.migration = Some(settled);
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

/// Removes `job` first.
pub fn remove(job: &JobFacts) -> Step {
    Step::Remove {
        job: job.name.clone(),
        uid: job.uid.clone(),
    }
}

/// Creates the Job, or waits until it may. A Job that was lost is created again under the same name.
fn start(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    if situation.permission == Permission::Granted {
        // Where the Job cannot be created, the next try is no other status. The Job itself says when it began.
        let begun = decision
            .migration
            .as_ref()
            .filter(|recorded| recorded.hash == hash && recorded.phase == MigrationPhase::Running);
        let started = begun.and_then(|begun| begun.started_at.as_ref());
        let started = started.unwrap_or(situation.now);
        decision.migration = Some(target.migration(hash, MigrationPhase::Running, Some(started)));
        decision.step = Step::Start;
        return;
    }
    wait(decision, situation, target, hash);
}

/// Waits until a Job may be created.
pub fn wait(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    decision.step = Step::Wait;
    // What is on record of an earlier migration stays until the new one begins.
    let ended = |recorded: &MigrationStatus| recorded.finished_at.is_some();
    if situation.permission == Permission::Later && !decision.migration.as_ref().is_some_and(ended)
    {
        decision.migration = Some(target.migration(hash, MigrationPhase::Pending, None));
    }
}
