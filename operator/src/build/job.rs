//! The migration.

use authbackend_crds::v1alpha1::{Database, MigrationPlan};
use k8s_openapi::api::batch::v1::{
    Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement,
    PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};

use super::pod::{self, SERVER_USER, variable};
use super::{Instance, config_map, credentials, environment, pod_template};
use crate::labels::{Component, MIGRATION_HASH, MIGRATION_KIND};
use crate::names;

/// Name of the container.
pub const CONTAINER: &str = "migrate";
/// Arguments of the image.
pub const ARGS: [&str; 1] = ["migrate"];
/// Exit code of `auth-server migrate`: the database is newer than the image.
pub const EXIT_DATABASE_NEWER: i32 = 11;
/// Exit code of `auth-server migrate`: the plan is another one than the one that was approved.
pub const EXIT_PLAN_CHANGED: i32 = 12;
/// Exit codes of `auth-server migrate` after which another try makes no sense: wrong command line, failed migration,
/// newer database, changed plan, wrong configuration.
pub const EXIT_CODES_WITHOUT_RETRY: [i32; 5] = [2, 10, EXIT_DATABASE_NEWER, EXIT_PLAN_CHANGED, 78];

/// Seconds that a finished Job is kept: a day. Its outcome is in the status long before.
const TTL_SECONDS: i32 = 86_400;
/// Seconds for a statement to end after SIGTERM.
const TERMINATION_GRACE_SECONDS: i64 = 60;
/// Where the kubelet reads a container's last message.
const TERMINATION_MESSAGE_PATH: &str = "/dev/termination-log";

/// What a Job does.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Brings the schema up to the image.
    Migrate,
    /// Finds out what that would do, and writes nothing.
    Plan,
    /// Removes what earlier versions use.
    Contract,
}

impl Kind {
    /// The word in the Job's name and in its label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Migrate => "migrate",
            Self::Plan => "plan",
            Self::Contract => "contract",
        }
    }

    /// The kind of a Job, by its label; Jobs of earlier releases have none.
    pub fn of(job: &Job) -> Self {
        let label = job.metadata.labels.as_ref();
        match label.and_then(|labels| labels.get(MIGRATION_KIND)) {
            Some(label) if label == Self::Plan.as_str() => Self::Plan,
            Some(label) if label == Self::Contract.as_str() => Self::Contract,
            _ => Self::Migrate,
        }
    }
}

/// A Job to build.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// What it does.
    pub kind: Kind,
    /// Its hash.
    pub hash: &'a str,
    /// The database that it works on.
    pub database: &'a Database,
    /// The plan that was approved; `None` where none needs to be.
    pub plan: Option<&'a MigrationPlan>,
}

impl Order<'_> {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = ARGS.to_vec();
        match (self.kind, self.plan) {
            (Kind::Migrate, Some(plan)) => arguments.extend(["--plan", &plan.checksum]),
            (Kind::Migrate, None) => {}
            (Kind::Plan, _) => arguments.extend(["--dry-run", "--json"]),
            (Kind::Contract, _) => arguments.push("--contract"),
        }
        arguments.into_iter().map(str::to_owned).collect()
    }
}

/// Job that does what `order` says, with `instance.image`.
pub fn build(instance: &Instance, order: &Order<'_>) -> Job {
    let migration = instance.spec.migration.clone().unwrap_or_default();
    let mut metadata = instance.metadata(
        names::migration_job(&instance.name, order.kind, order.hash),
        Component::Migration,
    );
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(MIGRATION_HASH.to_owned(), order.hash.to_owned());
    if order.kind != Kind::Migrate {
        let kind = order.kind.as_str().to_owned();
        labels.insert(MIGRATION_KIND.to_owned(), kind);
    }
    Job {
        metadata,
        spec: Some(JobSpec {
            completions: Some(1),
            parallelism: Some(1),
            backoff_limit: i32::try_from(migration.backoff_limit()).ok(),
            active_deadline_seconds: Some(migration.deadline_seconds().into()),
            ttl_seconds_after_finished: Some(TTL_SECONDS),
            // A try starts when the one before has ended, not when it is told to: two tries never overlap.
            pod_replacement_policy: Some("Failed".to_owned()),
            pod_failure_policy: Some(failure_policy()),
            template: template(instance, order),
            ..JobSpec::default()
        }),
        ..Job::default()
    }
}

/// Gives up at once where another try makes no sense; does not count a try that the cluster ended.
fn failure_policy() -> PodFailurePolicy {
    PodFailurePolicy {
        rules: vec![
            PodFailurePolicyRule {
                action: "FailJob".to_owned(),
                on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
                    container_name: Some(CONTAINER.to_owned()),
                    operator: "In".to_owned(),
                    values: EXIT_CODES_WITHOUT_RETRY.into(),
                }),
                ..PodFailurePolicyRule::default()
            },
            PodFailurePolicyRule {
                action: "Ignore".to_owned(),
                on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
                    type_: "DisruptionTarget".to_owned(),
                    status: "True".to_owned(),
                }]),
                ..PodFailurePolicyRule::default()
            },
        ],
    }
}

fn template(instance: &Instance, order: &Order<'_>) -> PodTemplateSpec {
    let template = PodTemplateSpec {
        metadata: Some(instance.pod_metadata(Component::Migration)),
        spec: Some(pod_spec(instance, order)),
    };
    pod_template::applied(template, instance.spec.pod_template.as_ref(), CONTAINER)
}

fn pod_spec(instance: &Instance, order: &Order<'_>) -> PodSpec {
    let migration = instance.spec.migration.clone().unwrap_or_default();
    let settings = config_map::access(instance, &instance.settings.hash);
    let database = credentials::migration(instance, order.database);
    let mut own = [settings.env, database.env].concat();
    own.push(variable(
        "TERMINATION_MESSAGE_PATH",
        TERMINATION_MESSAGE_PATH,
    ));
    PodSpec {
        // Each try is a pod of its own, so that the messages of all of them stay.
        restart_policy: Some("Never".to_owned()),
        termination_grace_period_seconds: Some(TERMINATION_GRACE_SECONDS),
        containers: vec![Container {
            args: Some(order.arguments()),
            env: Some(environment::of(instance, own)),
            resources: Some(pod::resources(
                migration.resources.as_ref(),
                ["20m", "32Mi", "128Mi"],
            )),
            termination_message_path: Some(TERMINATION_MESSAGE_PATH.to_owned()),
            volume_mounts: Some(vec![settings.mount, database.mount]),
            ..pod::server_container(instance, CONTAINER, &instance.image)
        }],
        volumes: Some(vec![settings.volume, database.volume]),
        ..pod::restricted(instance, SERVER_USER)
    }
}
