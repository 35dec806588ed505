//! What a migration Job says about its migration.

use std::sync::Arc;

use authbackend_crds::v1alpha1::{AuthBackend, MigrationPlan, PlannedMigration};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Resource as _, ResourceExt as _};
use serde::Deserialize;

use super::pods;
use crate::build::job::CONTAINER;
pub use crate::build::job::Kind;
use crate::labels::{COMPONENT, Component, MANAGED_BY, MIGRATION_HASH};
use crate::names::MANAGER;

/// A migration Job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobFacts {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What it does.
    pub kind: Kind,
    /// Its hash, from its label.
    pub hash: String,
    /// When it was created.
    pub created: Option<Time>,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// When it ended.
    pub finished: Option<Time>,
    /// Whether a container of it runs or ever ran, so that the schema may have been touched.
    pub started: bool,
    /// What keeps its pod from starting.
    pub problem: Option<String>,
}

/// How a Job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It has not.
    Running,
    /// The schema is what the image needs.
    Succeeded {
        /// Version of the schema, where the migration reported it.
        schema_version: Option<i64>,
        /// The contract migrations that were left out.
        pending_contracts: Vec<i64>,
    },
    /// What a migration would do, without what approves it.
    Planned(MigrationPlan),
    /// It gave up.
    Failed {
        /// Exit code of the last try, where one is known.
        exit_code: Option<i32>,
        /// Its last lines.
        message: String,
    },
}

impl JobFacts {
    /// Whether it ended.
    pub fn is_finished(&self) -> bool {
        self.outcome != Outcome::Running
    }
}

/// What `auth-server migrate` writes as its termination message when it succeeds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    schema_version: i64,
    #[serde(default)]
    pending_contracts: Vec<i64>,
}

/// What `auth-server migrate --dry-run` writes there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlanReport {
    hash: String,
    current_version: i64,
    target_version: i64,
    adopt: bool,
    destructive: bool,
    pending: Vec<PlannedMigration>,
    changes: Vec<String>,
    omitted: i64,
}

/// Facts of the Jobs that belong to the owner `uid`, oldest first.
pub fn facts(jobs: &[Arc<Job>], pods: &[Arc<Pod>], uid: &str) -> Vec<JobFacts> {
    let mut facts: Vec<JobFacts> = jobs
        .iter()
        .filter(|job| is_owned(job, uid))
        .map(|job| of(job, pods))
        .collect();
    facts.sort_by_cached_key(|job| (job.created.clone().map(|time| time.0), job.name.clone()));
    facts
}

/// Whether a migration runs that is of no Job of the owner `uid`: a deleted Job disappears before its pod has ended, and
/// the Job of a deleted AuthBackend may have been left to run.
pub fn has_orphan(jobs: &[Arc<Job>], pods: &[Arc<Pod>], uid: &str) -> bool {
    let (own, left): (Vec<_>, Vec<_>) = jobs.iter().partition(|job| is_owned(job, uid));
    let runs = left
        .iter()
        .any(|job| outcome(job, &[]).0 == Outcome::Running);
    runs || pods
        .iter()
        .filter(|pod| {
            pod.labels().get(COMPONENT).map(String::as_str) == Some(Component::Migration.as_str())
        })
        .filter(|pod| !pods::has_ended(pod))
        .any(|pod| !own.iter().any(|job| owns(job, pod)))
}

/// The Job that a deleted AuthBackend left and that has the name `name`: it ended, and says nothing about the database of
/// today. One that the operator did not make is somebody's.
pub fn left_behind<'a>(jobs: &'a [Arc<Job>], uid: &str, name: &str) -> Option<&'a Job> {
    let is_left = |job: &&Job| {
        let mut owners = job.owner_references().iter();
        let is_made = job.labels().get(MANAGED_BY).is_some_and(|it| it == MANAGER);
        is_made
            && !is_owned(job, uid)
            && owners.all(|owner| owner.kind == AuthBackend::kind(&()))
            && outcome(job, &[]).0 != Outcome::Running
    };
    let mut jobs = jobs.iter().map(Arc::as_ref);
    jobs.find(|job| job.name_any() == name).filter(is_left)
}

fn is_owned(job: &Job, uid: &str) -> bool {
    job.owner_references().iter().any(|owner| owner.uid == uid)
}

fn owns(job: &Job, pod: &Pod) -> bool {
    let uid = job.metadata.uid.as_deref();
    pod.owner_references()
        .iter()
        .any(|owner| Some(owner.uid.as_str()) == uid)
}

fn of(job: &Job, pods: &[Arc<Pod>]) -> JobFacts {
    let mut own: Vec<&Pod> = pods
        .iter()
        .map(Arc::as_ref)
        .filter(|pod| owns(job, pod))
        .collect();
    own.sort_by_key(|pod| pod.creation_timestamp().map(|time| time.0));
    let status = job.status.as_ref();
    let tried =
        status.is_some_and(|status| status.failed.unwrap_or(0) + status.succeeded.unwrap_or(0) > 0);
    let (outcome, finished) = outcome(job, &own);
    JobFacts {
        name: job.name_any(),
        kind: Kind::of(job),
        uid: job.uid().unwrap_or_default(),
        hash: job
            .labels()
            .get(MIGRATION_HASH)
            .cloned()
            .unwrap_or_default(),
        created: job.creation_timestamp(),
        outcome,
        finished,
        // Without a pod there is nothing to tell by, so the safe answer is that it runs.
        started: tried || own.is_empty() || own.iter().any(|pod| pods::has_started(pod)),
        problem: own.last().and_then(|pod| pods::problem(pod)),
    }
}

/// Terminal conditions only: the others may stand while a pod still ends.
fn outcome(job: &Job, pods: &[&Pod]) -> (Outcome, Option<Time>) {
    let conditions = job
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    let mut terminal = conditions.filter(|condition| condition.status == "True");
    let last = pods
        .iter()
        .rev()
        .find_map(|pod| pods::termination(pod, CONTAINER));
    let Some(condition) =
        terminal.find(|condition| matches!(condition.type_.as_str(), "Complete" | "Failed"))
    else {
        return (Outcome::Running, None);
    };
    let outcome = if condition.type_ == "Complete" {
        success(Kind::of(job), last)
    } else {
        let stated = condition.message.as_deref().unwrap_or_default();
        failure(stated, condition.reason.as_deref(), last)
    };
    (outcome, condition.last_transition_time.clone())
}

/// What a Job that succeeded left behind.
fn success(kind: Kind, last: Option<&ContainerStateTerminated>) -> Outcome {
    let message = last
        .and_then(|last| last.message.as_deref())
        .unwrap_or_default();
    if kind == Kind::Plan {
        return plan(message);
    }
    // One without a report is one of an earlier release.
    let report: Option<Report> = serde_json::from_str(message.trim()).ok();
    Outcome::Succeeded {
        schema_version: report.as_ref().map(|report| report.schema_version),
        pending_contracts: report
            .map(|report| report.pending_contracts)
            .unwrap_or_default(),
    }
}

/// The plan in a message.
fn plan(message: &str) -> Outcome {
    match serde_json::from_str::<PlanReport>(message.trim()) {
        Ok(report) => Outcome::Planned(MigrationPlan {
            hash: String::new(),
            checksum: report.hash,
            current_version: report.current_version,
            target_version: report.target_version,
            destructive: report.destructive,
            adopt: report.adopt,
            pending: report.pending,
            changes: report.changes,
            omitted: report.omitted,
        }),
        Err(_) => Outcome::Failed {
            exit_code: None,
            message: "the Job left no plan: its pod is gone, or the image is of a release that makes none and needs migration.policy Automatic"
                .to_owned(),
        },
    }
}

/// A failure as the migration itself tells it, else as the Job's condition (`stated`) does.
fn failure(stated: &str, reason: Option<&str>, last: Option<&ContainerStateTerminated>) -> Outcome {
    let told = last
        .and_then(|last| last.message.as_deref())
        .map(str::trim)
        .filter(|told| !told.is_empty());
    let exit_code = last
        .map(|last| last.exit_code)
        .or_else(|| exit_code_in(stated));
    let message = match (told, reason) {
        // The last try may have been fine; the time was not enough.
        (told, Some("DeadlineExceeded")) => {
            let told = told
                .map(|told| format!("; it last said: {told}"))
                .unwrap_or_default();
            format!("exceeded migration.deadlineSeconds{told}")
        }
        (Some(told), _) => told.to_owned(),
        (None, _) => match last.and_then(|last| last.reason.as_deref()) {
            Some(reason) if reason != "Error" => format!("{reason}: {stated}"),
            _ => stated.to_owned(),
        },
    };
    Outcome::Failed { exit_code, message }
}

/// The exit code in a Job's message, for a Job whose pods are gone: `… failed with exit code 11 matching FailJob rule …`.
fn exit_code_in(stated: &str) -> Option<i32> {
    let (_, after) = stated.split_once("exit code ")?;
    after
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
