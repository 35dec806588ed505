//! The one answer to "is it done, does it move, or does it need someone?", from which the conditions follow.

use authbackend_crds::v1alpha1::{
    APPROVE_MIGRATION_ANNOTATION, MigrationPlan, MigrationStatus, RETRY_MIGRATION_ANNOTATION,
    Rejected,
};

use super::migration::Step;
use super::needs::Blocker;
use super::rollout::Rollout;
use super::view::View;
use crate::build::Instance;
use crate::build::job::EXIT_DATABASE_NEWER;
use crate::labels::Component;
use crate::reconcile::reason::Reason;

/// Whether it is done, moves, or needs someone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// The live state equals the spec.
    Done,
    /// It gets there by itself.
    Moving,
    /// It needs someone.
    Stalled,
    /// It waits for `spec.suspend` to end, or for an approval: nothing is wrong, and nothing moves.
    Suspended,
}

/// The answer, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The answer.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

impl Verdict {
    fn new(state: State, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            state,
            reason,
            message: message.into(),
        }
    }

    fn blocked(blocker: &Blocker) -> Self {
        let state = match blocker.reason {
            Reason::InvalidSpec
            | Reason::InvalidDatabaseUrl
            | Reason::DatabaseConflict
            | Reason::SecretLost
            | Reason::MissingApi
            | Reason::RouteRefused => State::Stalled,
            Reason::Hibernated => State::Done,
            _ => State::Moving,
        };
        Self::new(state, blocker.reason, &blocker.message)
    }
}

/// The answer for what was observed and decided.
pub fn verdict(view: &View<'_>) -> Verdict {
    let mut verdict = match &view.lost_secret {
        // Whatever else is to be done ends there.
        Some(lost) => Verdict::blocked(lost),
        None => migration(view).unwrap_or_else(|| rollout(view)),
    };
    // Of an object that exists, only the API server can tell that it is not as it should be.
    if let (State::Moving | State::Done, Some(refusal)) = (verdict.state, &view.observed.refusal) {
        let message = format!("{}, but: {refusal}", verdict.message);
        verdict = Verdict::new(State::Moving, Reason::ApplyFailed, message);
    }
    if view.is_suspended() && verdict.state != State::Done {
        let message = format!("spec.suspend is true; without it: {}", verdict.message);
        return Verdict::new(State::Suspended, Reason::Suspended, message);
    }
    verdict
}

/// What keeps the migration from being done, or `None`.
fn migration(view: &View<'_>) -> Option<Verdict> {
    if let Some(blocker) = view.target.as_ref().err() {
        return Some(Verdict::blocked(blocker));
    }
    let image = view
        .target
        .as_ref()
        .map(|target| target.image.as_str())
        .unwrap_or_default();
    let migrating = |detail: String| {
        let message = format!("the schema is brought up to {image}{detail}");
        Verdict::new(State::Moving, Reason::Migrating, message)
    };
    Some(match &view.decision.step {
        Step::Done | Step::Contract => return None,
        // No pods are what is asked for: are there none?
        Step::Wait if view.hibernation().is_some() => return None,
        Step::Failed => failure(view.decision.migration.as_ref()),
        Step::RolledBack => rolled_back(view),
        Step::AwaitApproval => approval(view),
        Step::Plan => Verdict::new(
            State::Moving,
            Reason::Migrating,
            format!("what the migration to {image} would do is found out"),
        ),
        Step::Wait => match &view.start_blocker {
            Some(blocker) => Verdict::blocked(blocker),
            None => migrating(String::new()),
        },
        Step::Await {
            job: Some(job),
            problem,
        } => {
            let problem = problem
                .as_ref()
                .map(|problem| format!("; {problem}"))
                .unwrap_or_default();
            migrating(format!(" by Job {job}{problem}"))
        }
        Step::Await { job: None, .. } => migrating(
            " once a migration of before, whose Job or AuthBackend was deleted, has ended"
                .to_owned(),
        ),
        Step::Remove { job, .. } => migrating(format!(" once Job {job} is deleted")),
        Step::Start | Step::Unknown => migrating(String::new()),
    })
}

/// A plan that waits for its approval.
fn approval(view: &View<'_>) -> Verdict {
    let migration = view.decision.migration.clone().unwrap_or_default();
    let plan = migration.plan.unwrap_or_default();
    let command = view.approval(APPROVE_MIGRATION_ANNOTATION, &plan.hash);
    let message = format!(
        "the migration to {} {}; see status.migration.plan, and approve it: {command}",
        migration.image,
        outline(&plan)
    );
    Verdict::new(State::Suspended, Reason::AwaitingApproval, message)
}

/// A plan in a few words.
fn outline(plan: &MigrationPlan) -> String {
    let (pending, changes) = (plan.pending.len(), plan.changes.len());
    let omitted = match plan.omitted {
        0 => String::new(),
        omitted => format!(" and {omitted} more"),
    };
    let adopts = if plan.adopt {
        "takes tables over, "
    } else {
        ""
    };
    let destructive = if plan.destructive {
        "may lose data"
    } else {
        "loses no data"
    };
    format!("{adopts}has {pending} migrations, {changes} other changes{omitted}, and {destructive}")
}

/// Pods that did not become ready, so that what served before serves again.
fn rolled_back(view: &View<'_>) -> Verdict {
    let migration = view.decision.migration.clone().unwrap_or_default();
    let current = view.decision.current.as_ref();
    let message = format!(
        "the pods of {} did not become ready in time, so {} serves again: {}",
        migration.image,
        current
            .map(|current| current.image.as_str())
            .unwrap_or_default(),
        migration.message.unwrap_or_default()
    );
    Verdict::new(State::Stalled, Reason::RolloutFailed, message)
}

/// An edit of the pods that was not carried out.
fn put_back(rejected: &Rejected) -> Verdict {
    let message = format!(
        "new pods did not become ready in time, so the pod template that served before serves again; correct the spec, or set \
         {RETRY_MIGRATION_ANNOTATION} to a new value for the same once more: {}",
        rejected.message
    );
    Verdict::new(State::Stalled, Reason::RolloutFailed, message)
}

/// A migration that failed.
fn failure(migration: Option<&MigrationStatus>) -> Verdict {
    let migration = migration.cloned().unwrap_or_default();
    let said = migration.message.filter(|said| !said.is_empty());
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    if migration.exit_code == Some(EXIT_DATABASE_NEWER) {
        let message = format!("the database is newer than {}{said}", migration.image);
        return Verdict::new(State::Stalled, Reason::DowngradeRefused, message);
    }
    let message = format!(
        "the migration to {} failed (Job {}){said}",
        migration.image, migration.job
    );
    Verdict::new(State::Stalled, Reason::MigrationFailed, message)
}

/// The schema is as it should be, or need not be: are the objects?
fn rollout(view: &View<'_>) -> Verdict {
    if let Some(blocker) = &view.deployment_blocker {
        return Verdict::blocked(blocker);
    }
    let asleep = view.instance.as_ref().and_then(Instance::replicas) == Some(0);
    if let Some(blocker) = view.unready_database.as_ref().filter(|_| !asleep) {
        return Verdict::blocked(blocker);
    }
    if let Some(rejected) = &view.decision.rejected {
        return put_back(rejected);
    }
    if let Some(kind) = view.unapplied {
        return Verdict::new(
            State::Moving,
            Reason::Applying,
            format!("the {kind} is brought up to date"),
        );
    }
    match &view.rollout {
        // Nothing was migrated yet, so there is nothing to deploy.
        Rollout::Absent if view.hibernation().is_some() => complete(view, 0),
        Rollout::Absent => {
            Verdict::new(State::Moving, Reason::Applying, "the Deployment is created")
        }
        Rollout::Outdated => Verdict::new(
            State::Moving,
            Reason::RollingOut,
            "the Deployment is brought up to date",
        ),
        Rollout::Moving { progress } => match view.problem(Component::Server) {
            Some(problem) => Verdict::new(
                State::Moving,
                Reason::PodFailing,
                format!("{progress}; {problem}"),
            ),
            None => Verdict::new(State::Moving, Reason::RollingOut, progress),
        },
        Rollout::Failed { message } => {
            let cause = view
                .problem(Component::Server)
                .unwrap_or_else(|| message.clone());
            let lost = if view.has_lost_template() {
                " (their ReplicaSet is gone, so that their pod template cannot be put back)"
            } else {
                ""
            };
            let message = format!(
                "new pods did not become ready in time, the pods before them are kept{lost}: {cause}"
            );
            Verdict::new(State::Stalled, Reason::RolloutFailed, message)
        }
        Rollout::Complete { pods } => complete(view, *pods),
    }
}

/// The server is as it should be: is all that belongs to it there?
fn complete(view: &View<'_>, pods: i32) -> Verdict {
    let blocker = view.missing_api.as_ref().or(view.unready_exposure.as_ref());
    match (blocker.or(view.hibernation()), pods) {
        (Some(blocker), _) => Verdict::blocked(blocker),
        (None, 0) => Verdict::new(
            State::Done,
            Reason::ScaledToZero,
            "everything is in place with 0 pods, as asked for",
        ),
        (None, pods) => Verdict::new(State::Done, Reason::UpToDate, ready(pods)),
    }
}

fn ready(pods: i32) -> String {
    match pods {
        1 => "1 pod is up to date and available".to_owned(),
        pods => format!("{pods} pods are up to date and available"),
    }
}
