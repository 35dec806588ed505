//! What to do, given what is: a pure function without client, clock or randomness.

mod cnpg;
mod config_maps;
mod desired;
mod events;
mod exposure;
mod generated;
pub mod job;
mod managed;
pub mod migration;
pub mod needs;
mod network;
mod optional;
pub mod pods;
pub mod rollout;
mod served;
mod status;
pub mod target;
mod templates;
mod types;
pub mod verdict;
mod view;

use std::time::Duration;

use authbackend_crds::v1alpha1::{
    APPROVE_CONTRACT_ANNOTATION, APPROVE_MIGRATION_ANNOTATION, AuthBackend, Migration,
    MigrationPhase,
};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;

pub use types::{
    Deletion, DeletionKind, EventType, GeneratedSecret, GeneratedValue, Plan, PlannedEvent,
    Requeue, Resources,
};

use self::job::JobFacts;
use self::migration::{Consent, Permission, Situation};
use self::needs::Blocker;
use self::served::Served;
use self::verdict::{State, Verdict};
use self::view::View;
use super::observed::Observed;
use super::reason::Reason;
use super::validate::validate;
use crate::build::Instance;
use crate::config::OperatorConfig;
use crate::labels::{COMPONENT, Component};

/// While something moves: pods that cannot start announce it by no event of what is watched.
const WHILE_MOVING: Duration = Duration::from_secs(10);
/// While something is waited for whose change is an event, should that be missed.
const WHILE_WAITING: Duration = Duration::from_mins(1);
/// After a Secret was generated.
const AFTER_GENERATING: Duration = Duration::from_secs(2);

/// Plans the next step for one AuthBackend.
pub fn plan(observed: &Observed, now: Timestamp, config: &OperatorConfig) -> Plan {
    let auth_backend = &observed.auth_backend;
    let before = auth_backend.status.clone().unwrap_or_default();
    let mut plan = Plan {
        apply: Resources::default(),
        delete: Vec::new(),
        generate: Vec::new(),
        status: before.clone(),
        events: Vec::new(),
        requeue: Requeue::OnChange,
    };
    if auth_backend.metadata.deletion_timestamp.is_some() {
        // The garbage collector takes what is owned; whatever is made now would be in its way.
        return plan;
    }
    // The API keeps whole seconds.
    let now = Time(Timestamp::from_second(now.as_second()).unwrap_or(now));
    let uid = auth_backend.uid().unwrap_or_default();
    let jobs = job::facts(&observed.jobs, &observed.pods, &uid);
    let instance = validate(auth_backend, config)
        .and_then(|instance| managed::with_image(instance, observed))
        .map_err(|problems| Blocker::new(Reason::InvalidSpec, problems.join("; ")));
    let mut view = decide(observed, &now, &jobs, instance.as_ref());
    if let Ok(instance) = &instance {
        let (resources, blocker) = desired::resources(instance, observed, &view.decision);
        view.rollout = rollout::rollout(
            observed.deployment.as_deref(),
            resources.deployment.as_ref(),
        );
        view.unapplied = desired::unapplied(&resources, observed, instance);
        view.deployment_blocker = blocker;
        view.missing_api = optional::missing(instance, observed);
        view.unready_exposure = exposure::unready(instance, observed);
        if !view.is_suspended() {
            plan.delete = desired::deletions(instance, &resources, &view, &jobs);
            plan.generate = generated::due(instance, observed);
            plan.apply = resources;
        }
    }
    let verdict = verdict::verdict(&view);
    plan.status = status::status(&view, &verdict);
    plan.events = events::events(&before, &plan.status);
    plan.requeue = requeue(&verdict, !plan.generate.is_empty(), view.decision.wake);
    plan
}

/// What comes next for the schema; objects are looked at later.
fn decide<'a>(
    observed: &'a Observed,
    now: &'a Time,
    jobs: &[JobFacts],
    instance: Result<&Instance, &Blocker>,
) -> View<'a> {
    let target = instance
        .map_err(Clone::clone)
        .and_then(|instance| needs::target(instance, observed));
    let unready_database = instance
        .ok()
        .and_then(|instance| needs::unready_database(instance, observed));
    let conflict = target.as_ref().ok().and_then(|_| needs::conflict(observed));
    let hibernation = instance.ok().and_then(needs::hibernation);
    let later = hibernation
        .or_else(|| unready_database.clone())
        .or_else(|| needs::missing_credentials(instance.ok()?, observed));
    let status = observed.auth_backend.status.as_ref();
    let current = status.and_then(|status| status.current.as_ref());
    let suspended = observed.auth_backend.spec.suspend == Some(true);
    let served = Served::of(observed, instance.ok(), current, target.as_ref().ok());
    let decision = migration::decide(&Situation {
        target: target.as_ref().ok(),
        permission: match (&conflict, &later) {
            (Some(_), _) => Permission::Refused,
            (None, Some(_)) => Permission::Later,
            (None, None) if suspended => Permission::Later,
            (None, None) => Permission::Granted,
        },
        consent: consent(&observed.auth_backend),
        recorded: status.and_then(|status| status.migration.as_ref()),
        current,
        previous: status.and_then(|status| status.previous.as_ref()),
        contract: status.and_then(|status| status.contract.as_ref()),
        jobs,
        orphan: job::has_orphan(
            &observed.jobs,
            &observed.pods,
            &observed.auth_backend.uid().unwrap_or_default(),
        ),
        pods: served.pods(suspended),
        now,
    });
    View {
        observed,
        now,
        start_blocker: conflict.or(later),
        target,
        decision,
        deployment_blocker: None,
        unready_database,
        lost_secret: instance
            .ok()
            .and_then(|instance| generated::lost(instance, observed)),
        unapplied: None,
        missing_api: None,
        unready_exposure: None,
        rollout: rollout::rollout(observed.deployment.as_deref(), None),
        instance: instance.ok().cloned(),
    }
}

/// Whether a plan for `auth_backend`, whose Deployment is `live`, needs to know the pod templates of before.
pub fn needs_templates(auth_backend: &AuthBackend, live: Option<&Deployment>) -> bool {
    let is_back = auth_backend.status.as_ref().is_some_and(|status| {
        let migration = status.migration.as_ref().map(|migration| migration.phase);
        status.rejected.is_some() || migration == Some(MigrationPhase::RolledBack)
    });
    is_back || live.is_some_and(rollout::has_failed)
}

/// What people allowed, in the spec and by annotations.
fn consent(auth_backend: &AuthBackend) -> Consent<'_> {
    let migration = auth_backend.spec.migration.as_ref();
    let annotation = |key: &str| auth_backend.annotations().get(key).map(String::as_str);
    Consent {
        policy: migration.map(Migration::policy).unwrap_or_default(),
        plan: annotation(APPROVE_MIGRATION_ANNOTATION),
        contract: annotation(APPROVE_CONTRACT_ANNOTATION),
        contract_delay: migration.and_then(|migration| migration.contract_delay_seconds),
    }
}

fn requeue(verdict: &Verdict, generates: bool, wake: Option<Duration>) -> Requeue {
    if generates {
        return Requeue::After(AFTER_GENERATING);
    }
    match (verdict.state, verdict.reason) {
        (
            _,
            Reason::WaitingForSecret
            | Reason::DatabaseConflict
            | Reason::WaitingForGateway
            | Reason::WaitingForCertificate,
        ) => Requeue::After(WHILE_WAITING),
        (State::Moving, _) => Requeue::After(WHILE_MOVING),
        _ => wake.map_or(Requeue::OnChange, Requeue::After),
    }
}

/// What keeps the newest pod of a part that has a problem from running.
fn problem_of(observed: &Observed, component: Component) -> Option<String> {
    let is_of = |pod: &&std::sync::Arc<k8s_openapi::api::core::v1::Pod>| {
        pod.labels()
            .get(COMPONENT)
            .is_some_and(|label| label == component.as_str())
    };
    let mut pods: Vec<_> = observed.pods.iter().filter(is_of).collect();
    pods.sort_by_key(|pod| (pod.creation_timestamp().map(|time| time.0), pod.name_any()));
    pods.iter().rev().find_map(|pod| pods::problem(pod))
}

#[cfg(test)]
mod tests;
