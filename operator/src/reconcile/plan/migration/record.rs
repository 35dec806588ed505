//! Which Job a record is about.

use authbackend_crds::v1alpha1::{MigrationPhase, MigrationStatus};

use super::super::job::{JobFacts, Kind};
use crate::names;
use crate::reconcile::hash;

/// Hash of the Job that carries the migration out: of the migration, and of the plan where one was approved, so that the Job
/// for one plan is never taken for that of another.
pub fn job_hash(recorded: &MigrationStatus) -> String {
    match &recorded.plan {
        None => recorded.hash.clone(),
        Some(plan) => hash::of(&(&recorded.hash, &plan.hash, recorded.plans)),
    }
}

/// Hash of the Job that finds out what the migration `hash` would do, for the plan with this number.
pub fn plan_job_hash(hash: &str, number: i32) -> String {
    hash::of(&("plan", hash, number))
}

/// Whether `job` is the one that `recorded` waits for.
pub fn is_job_of(recorded: &MigrationStatus, job: &JobFacts) -> bool {
    let (kind, hash) = job_of(recorded);
    job.kind == kind && job.hash == hash
}

/// Kind and hash of the Job that `recorded` is about.
pub fn job_of(recorded: &MigrationStatus) -> (Kind, String) {
    if recorded.phase == MigrationPhase::Planning {
        let number = recorded.plans.unwrap_or(1);
        (Kind::Plan, plan_job_hash(&recorded.hash, number))
    } else {
        (Kind::Migrate, job_hash(recorded))
    }
}

/// Puts the name of the Job that `recorded` is about on record.
pub fn name_job(recorded: &mut MigrationStatus, instance: &str) {
    let (kind, hash) = job_of(recorded);
    recorded.job = names::migration_job(instance, kind, &hash);
}
