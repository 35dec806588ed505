//! With the policy `Manual`: find out what the migration would do, show it, and do it once that was approved.

use authbackend_crds::v1alpha1::{MigrationPhase, MigrationPlan, MigrationStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::super::target::Target;
use super::{Decision, Permission, Situation, Step, progress, record};
use crate::reconcile::hash;

/// Puts on record that a plan is to be made: the first one, or one in place of a plan that did not fit any longer.
pub fn begin(migration: &mut MigrationStatus, now: &Time) {
    migration.phase = MigrationPhase::Planning;
    migration.plans = Some(migration.plans.unwrap_or(0).saturating_add(1));
    migration.started_at = Some(now.clone());
    migration.finished_at = None;
}

/// Puts `plan` on record. What approves it holds for this migration alone.
pub fn show(migration: &mut MigrationStatus, plan: &MigrationPlan) {
    let approval = hash::of(&(&migration.hash, &plan.checksum));
    migration.phase = MigrationPhase::AwaitingApproval;
    migration.plan = Some(MigrationPlan {
        hash: approval,
        ..plan.clone()
    });
}

/// No Job runs, and the migration has neither succeeded nor failed: what is needed before it may begin?
pub fn advance(decision: &mut Decision, situation: &Situation<'_>, target: &Target, hash: &str) {
    let recorded = decision
        .migration
        .clone()
        .filter(|recorded| recorded.hash == hash && recorded.phase != MigrationPhase::Pending);
    let mut next = recorded.clone().unwrap_or_else(|| {
        let mut new = target.migration(hash, MigrationPhase::Planning, None);
        begin(&mut new, situation.now);
        new
    });
    // One that began before approvals were asked for, and whose Job was lost.
    if next.phase == MigrationPhase::Running && next.plan.is_none() {
        begin(&mut next, situation.now);
    }
    let step = match next.phase {
        MigrationPhase::AwaitingApproval if !is_approved(&next, situation) => Step::AwaitApproval,
        MigrationPhase::AwaitingApproval | MigrationPhase::Running => {
            if next.phase != MigrationPhase::Running {
                next.started_at = Some(situation.now.clone());
            }
            next.phase = MigrationPhase::Running;
            Step::Start
        }
        _ => Step::Plan,
    };
    if step != Step::AwaitApproval && situation.permission != Permission::Granted {
        if recorded.is_none() {
            progress::wait(decision, situation, target, hash);
        }
        decision.step = Step::Wait;
        return;
    }
    record::name_job(&mut next, &target.instance);
    decision.migration = Some(next);
    decision.step = step;
}

/// Whether the plan on record was approved, or has nothing in it to approve.
fn is_approved(recorded: &MigrationStatus, situation: &Situation<'_>) -> bool {
    recorded
        .plan
        .as_ref()
        .is_some_and(|plan| is_empty(plan) || situation.consent.plan == Some(plan.hash.as_str()))
}

fn is_empty(plan: &MigrationPlan) -> bool {
    plan.pending.is_empty() && plan.changes.is_empty() && plan.omitted == 0 && !plan.adopt
}
