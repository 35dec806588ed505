//! Contracts: what earlier versions use is removed, once none of their pods runs and somebody approved it, or the time in the
//! spec has passed.

use std::time::Duration;

use authbackend_crds::v1alpha1::{ContractStatus, Current, MigrationPhase};

use super::super::job::{JobFacts, Kind, Outcome};
use super::super::rollout::Rollout;
use super::super::target::Target;
use super::{Decision, Permission, Situation, Step, progress};
use crate::names;
use crate::reconcile::{conditions, hash};

/// Puts the end of the recorded contract on record, before its Job can expire.
pub fn record_outcome(decision: &mut Decision, situation: &Situation<'_>) {
    let Some(contract) = decision.contract.as_mut() else {
        return;
    };
    let is_recorded = |job: &&JobFacts| job.kind == Kind::Contract && job.hash == contract.hash;
    let mut jobs = situation.jobs.iter();
    let Some(job) = jobs
        .find(is_recorded)
        .filter(|_| contract.phase == MigrationPhase::Running)
    else {
        return;
    };
    match &job.outcome {
        Outcome::Running | Outcome::Planned(_) => return,
        Outcome::Succeeded { schema_version, .. } => {
            contract.phase = MigrationPhase::Succeeded;
            if let Some(current) = decision.current.as_mut() {
                current.pending_contracts.clear();
                current.schema_version = schema_version.or(current.schema_version);
            }
        }
        Outcome::Failed { message, .. } => {
            contract.phase = MigrationPhase::Failed;
            contract.message = Some(conditions::message(message));
        }
    }
    let ended = job.finished.clone();
    contract.finished_at = Some(ended.unwrap_or_else(|| situation.now.clone()));
}

/// What serves is what the spec asks for: is there something to remove? `runs` says that the Job of a contract does.
pub fn advance(decision: &mut Decision, situation: &Situation<'_>, target: &Target, runs: bool) {
    if decision.step != Step::Done || runs {
        return;
    }
    let Some(current) = decision.current.clone() else {
        return;
    };
    let has_succeeded = |contract: &ContractStatus| contract.phase == MigrationPhase::Succeeded;
    if current.pending_contracts.is_empty() {
        decision.contract = decision.contract.take().filter(has_succeeded);
        return;
    }
    let hash = hash::of(&("contract", &target.hash, &current.pending_contracts));
    let mut contract = decision
        .contract
        .take()
        .filter(|contract| contract.hash == hash)
        .unwrap_or_else(|| ContractStatus {
            phase: MigrationPhase::AwaitingApproval,
            job: names::migration_job(&target.instance, Kind::Contract, &hash),
            versions: current.pending_contracts.clone(),
            hash,
            ..ContractStatus::default()
        });
    if contract.phase == MigrationPhase::Failed {
        decision.contract = Some(contract);
        return;
    }
    let remaining = remaining(&current, situation);
    let approved = contract.phase == MigrationPhase::Running
        || situation.consent.contract == Some(contract.hash.as_str())
        || remaining == Some(Duration::ZERO);
    if approved && may_begin(decision, situation, &current) {
        if contract.phase != MigrationPhase::Running {
            contract.started_at = Some(situation.now.clone());
        }
        contract.phase = MigrationPhase::Running;
        decision.step = Step::Contract;
        // What was migrated for another version before proves nothing any longer.
        let recorded = target.hash_after(decision.migration.as_ref());
        progress::record_settled(decision, situation.now, target, &recorded);
    } else if remaining.is_some_and(|remaining| !remaining.is_zero()) {
        decision.wake = remaining;
    }
    decision.contract = Some(contract);
}

/// Whether no pod of an earlier version runs or can come back.
fn may_begin(decision: &Decision, situation: &Situation<'_>, current: &Current) -> bool {
    situation.permission == Permission::Granted
        && matches!(situation.pods.rollout, Rollout::Complete { .. })
        && !situation.pods.ending
        && current.rolled_out_at.is_some()
        && decision.previous.is_none()
        // The rollout that was looked at is that of what serves.
        && situation.current.is_some_and(|looked_at| looked_at.image == current.image)
}

/// How long it takes until the contract needs no approval; `None` where it always does.
fn remaining(current: &Current, situation: &Situation<'_>) -> Option<Duration> {
    let delay = i64::from(situation.consent.contract_delay?);
    let since = current.rolled_out_at.as_ref()?;
    let due = since.0.as_second().saturating_add(delay);
    let seconds = due.saturating_sub(situation.now.0.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}
