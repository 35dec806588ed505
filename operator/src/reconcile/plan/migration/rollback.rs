//! When the pods of a new version do not become ready, what served before serves again. That is safe because migrations
//! only add until a contract, which waits for a complete rollout.

use authbackend_crds::v1alpha1::{Current, MigrationPhase, MigrationStatus};

use super::super::rollout::Rollout;
use super::{Decision, Situation, progress, rejection};
use crate::reconcile::conditions;

/// Puts on record how the rollout of what serves ended.
pub fn record_rollout(decision: &mut Decision, situation: &Situation<'_>) {
    rejection::review(decision, situation);
    let is_rejected = decision.rejected.is_some();
    // An outcome just recorded says nothing about these pods, which are those of what is on record as serving.
    let Some(current) = decision.current.as_mut() else {
        return;
    };
    match situation.pods.rollout {
        // Without pods nothing is proven.
        Rollout::Complete { pods } if *pods > 0 => {
            if current.rolled_out_at.is_none() {
                current.rolled_out_at = Some(situation.now.clone());
            }
            // Of what was rejected no pod runs.
            if let Some(serving) = situation.pods.serving.filter(|_| !is_rejected) {
                current.template = Some(serving.to_owned());
            }
            decision.previous = None;
        }
        Rollout::Failed { message } if !situation.pods.suspended => {
            let cause = situation.pods.problem.unwrap_or(message);
            if !go_back(decision, situation, cause) {
                rejection::reject(decision, situation, cause);
            }
        }
        Rollout::Absent
        | Rollout::Outdated
        | Rollout::Moving { .. }
        | Rollout::Complete { .. }
        | Rollout::Failed { .. } => {}
    }
}

/// Lets `previous` serve again, where there is one and `current` never served completely. Answers whether it does.
fn go_back(decision: &mut Decision, situation: &Situation<'_>, cause: &str) -> bool {
    let (Some(failed), Some(previous)) = (&decision.current, &decision.previous) else {
        return false;
    };
    // On another database what was written meanwhile would be missing.
    if failed.rolled_out_at.is_some() || failed.database_hash != previous.database_hash {
        return false;
    }
    if failed.image == previous.image
        && failed.schema_settings_hash == previous.schema_settings_hash
    {
        // The same version with other pods, after a try of another version: it is these pods that failed.
        decision.current = decision.previous.take();
        return false;
    }
    let message = conditions::message(cause);
    let rejected = situation.pods.serving.map(str::to_owned);
    let is_failed = |recorded: &&mut MigrationStatus| {
        recorded.phase == MigrationPhase::Succeeded
            && recorded.image == failed.image
            && recorded.database_hash == failed.database_hash
    };
    let target = situation.target.filter(|target| target.is(failed));
    if let Some(recorded) = decision.migration.as_mut().filter(is_failed) {
        recorded.phase = MigrationPhase::RolledBack;
        recorded.message = Some(message);
        recorded.rejected_template = rejected;
    } else if let Some(target) = target {
        let hash = target.hash_after(decision.migration.as_ref());
        progress::record_settled(decision, situation.now, target, &hash);
        if let Some(recorded) = decision.migration.as_mut() {
            recorded.phase = MigrationPhase::RolledBack;
            recorded.message = Some(message);
            recorded.rejected_template = rejected;
        }
    }
    decision.current = decision.previous.take();
    true
}

/// Remembers what serves now as what served before `next`, if every pod ran it.
pub fn remember(decision: &mut Decision, next: &Current) {
    let same_database = |current: &Current| current.database_hash == next.database_hash;
    let served = decision.current.take();
    if let Some(served) = served.filter(|served| served.rolled_out_at.is_some()) {
        decision.previous = Some(served);
    }
    decision.previous = decision.previous.take().filter(same_database);
}

/// Tries a rollout that failed again, once its pods would be other ones.
pub fn retry(decision: &mut Decision, situation: &Situation<'_>, hash: &str) {
    let Some(recorded) = decision.migration.as_mut() else {
        return;
    };
    let differs = situation
        .pods
        .target
        .is_some_and(|target| Some(target) != recorded.rejected_template.as_deref());
    if recorded.hash == hash && recorded.phase == MigrationPhase::RolledBack && differs {
        recorded.phase = MigrationPhase::Succeeded;
        recorded.message = None;
        recorded.rejected_template = None;
    }
}
