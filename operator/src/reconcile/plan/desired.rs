//! Which objects there should be.

use std::collections::BTreeSet;

use authbackend_crds::v1alpha1::Current;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use kube::{Resource, ResourceExt as _};

use super::job::{JobFacts, left_behind};
use super::migration::{self, Decision, Step};
use super::needs::{self, Blocker};
use super::types::{Deletion, DeletionKind, Resources};
use super::view::View;
use super::{config_maps, generated, network, optional, templates};
use crate::build::job::{Kind, Order};
use crate::build::{
    Instance, config_map, deployment, horizontal_pod_autoscaler, ingress, job, network_policy,
    pod_disruption_budget, postgres, service, service_account, signing_secret,
};
use crate::labels::{MANAGED_BY, SPEC_HASH};
use crate::names::MANAGER;
use crate::reconcile::observed::Observed;
use crate::reconcile::reason::Reason;
use crate::reconcile::references;

/// Finished Jobs that are kept, for their logs.
const KEPT_JOBS: usize = 3;

/// Every object that there should be now. The second value says why there is no Deployment among them although one is
/// due: what serves is then left as it is.
pub fn resources(
    instance: &Instance,
    observed: &Observed,
    decision: &Decision,
) -> (Resources, Option<Blocker>) {
    let (deployment, blocker) = match decision
        .current
        .as_ref()
        .map(|current| templates::serving(instance, observed, current, decision.puts_back()))
    {
        Some(Ok(deployment)) => (Some(deployment), None),
        Some(Err(blocker)) => (None, Some(blocker)),
        None => (None, None),
    };
    let managed = instance.spec.database.managed.as_ref();
    let resources = Resources {
        service_account: Some(service_account::build(instance)),
        config_map: Some(config_map::build(instance)),
        signing_secret: owned_metadata(observed, signing_secret::metadata(instance)),
        postgres_secret: managed
            .and_then(|_| owned_metadata(observed, postgres::secret::metadata(instance))),
        postgres_service: managed.map(|_| postgres::service::build(instance)),
        // Its volume keeps the password of its first start for good.
        postgres_stateful_set: managed
            .filter(|_| generated::has_database_credentials(instance, observed))
            .map(|managed| postgres::stateful_set::build(instance, managed)),
        migration_job: migration_job(instance, decision),
        service: Some(service::build(instance)),
        deployment,
        pod_disruption_budget: pod_disruption_budget::build(instance),
        // Before there is a Deployment an autoscaler would only complain.
        horizontal_pod_autoscaler: decision
            .current
            .as_ref()
            .and_then(|_| horizontal_pod_autoscaler::build(instance)),
        ingress: ingress::build(instance),
        network_policy: network::policy(instance, observed, decision),
        postgres_network_policy: network_policy::of_postgres(instance),
        optional: optional::objects(instance, observed),
    };
    (resources, blocker)
}

/// The Job to create now.
fn migration_job(instance: &Instance, decision: &Decision) -> Option<Job> {
    let (kind, hash, database, plan) = match decision.step {
        Step::Start | Step::Plan => {
            let migration = decision.migration.as_ref()?;
            let (kind, hash) = migration::job_of(migration);
            (kind, hash, &migration.database, migration.plan.as_ref())
        }
        Step::Contract => {
            let contract = decision.contract.as_ref()?;
            let database = &decision.current.as_ref()?.database;
            (Kind::Contract, contract.hash.clone(), database, None)
        }
        _ => return None,
    };
    let order = Order {
        kind,
        hash: &hash,
        database,
        plan,
    };
    Some(job::build(instance, &order))
}

/// Hash of the Deployment that `current` would be rendered as now.
pub fn template(instance: &Instance, observed: &Observed, current: &Current) -> Option<String> {
    let deployment = server(instance, observed, current).ok()?;
    deployment.annotations().get(SPEC_HASH).cloned()
}

/// The Deployment of `current`, if all that its pods mount is there.
pub fn server(
    instance: &Instance,
    observed: &Observed,
    current: &Current,
) -> Result<Deployment, Blocker> {
    let Some(serving) = instance.serving(current) else {
        let message = "the settings that serve are not on record and stay as they are until the schema fits those of the spec";
        return Err(Blocker::new(Reason::Migrating, message));
    };
    let mut mounted = references::of_database(serving.database, &instance.name);
    mounted.extend(references::signing(&instance.spec, &instance.name));
    mounted.extend(serving.secret_refs.iter().cloned());
    if let Some(blocker) = needs::missing(instance, &mounted, observed) {
        return Err(blocker);
    }
    let replicas = instance
        .replicas()
        .or_else(|| not_handed_over(observed.deployment.as_deref()));
    Ok(deployment::build(instance, serving, replicas))
}

/// The number of pods as it is, while the operator is the only one who ever set it: leaving it out then would reset it
/// to 1, before the autoscaler has taken it over.
fn not_handed_over(live: Option<&Deployment>) -> Option<i32> {
    let live = live?;
    let sets_replicas = |entry: &&ManagedFieldsEntry| {
        let fields = entry.fields_v1.as_ref();
        fields.is_some_and(|fields| !fields.0["f:spec"]["f:replicas"].is_null())
    };
    let mut managers = live
        .managed_fields()
        .iter()
        .filter(sets_replicas)
        .peekable();
    managers.peek()?;
    let ours = |entry: &ManagedFieldsEntry| entry.manager.as_deref() == Some(MANAGER);
    managers.all(ours).then(|| live.spec.as_ref()?.replicas)?
}

/// The metadata of a generated Secret that exists. One that somebody else made under the name is used as it is.
fn owned_metadata(observed: &Observed, metadata: ObjectMeta) -> Option<Secret> {
    let live = &observed.secrets.get(metadata.name.as_deref()?)?.metadata;
    let manager = live.labels.as_ref()?.get(MANAGED_BY)?;
    (manager == MANAGER).then(|| Secret {
        metadata: ObjectMeta {
            uid: live.uid.clone(),
            ..metadata
        },
        ..Secret::default()
    })
}

/// Objects that there should not be any longer.
pub fn deletions(
    instance: &Instance,
    resources: &Resources,
    view: &View<'_>,
    jobs: &[JobFacts],
) -> Vec<Deletion> {
    let (observed, decision) = (view.observed, &view.decision);
    let mut deletions = Vec::new();
    if resources.pod_disruption_budget.is_none() {
        deletions.extend(deletion(
            DeletionKind::PodDisruptionBudget,
            observed.pod_disruption_budget.as_deref(),
            observed,
        ));
    }
    if resources.horizontal_pod_autoscaler.is_none()
        && observed.auth_backend.spec.autoscaling.is_none()
    {
        let live = observed.horizontal_pod_autoscaler.as_deref();
        deletions.extend(deletion(
            DeletionKind::HorizontalPodAutoscaler,
            live,
            observed,
        ));
    }
    if resources.ingress.is_none() {
        let live = observed.ingress.as_deref();
        deletions.extend(deletion(DeletionKind::Ingress, live, observed));
    }
    if !network::is_wanted(instance) {
        let live = observed.network_policy.as_deref();
        deletions.extend(deletion(DeletionKind::NetworkPolicy, live, observed));
    }
    if resources.postgres_network_policy.is_none() {
        let live = observed.postgres_network_policy.as_deref();
        deletions.extend(deletion(DeletionKind::NetworkPolicy, live, observed));
    }
    deletions.extend(optional::deletions(&resources.optional, observed));
    let served = [&decision.current, &decision.previous].map(Option::as_ref);
    let unneeded = config_maps::unneeded(instance, observed, served, &view.rollout, jobs);
    deletions.extend(
        unneeded
            .into_iter()
            .filter_map(|live| deletion(DeletionKind::ConfigMap, Some(live), observed)),
    );
    let mut doomed = expired(jobs, decision);
    doomed.extend(in_the_way(resources, observed));
    deletions.extend(doomed.into_iter().map(|(name, uid)| Deletion {
        kind: DeletionKind::Job,
        name,
        uid,
    }));
    deletions
}

/// Name and uid of the Job that a deleted AuthBackend left under the name of the one to create.
fn in_the_way(resources: &Resources, observed: &Observed) -> Option<(String, String)> {
    let wanted = resources.migration_job.as_ref()?.name_any();
    let owner = observed.auth_backend.uid()?;
    let left = left_behind(&observed.jobs, &owner, &wanted)?;
    Some((wanted, left.uid()?))
}

/// Deletion of an object that is there and ours.
pub(super) fn deletion<K: Resource>(
    kind: DeletionKind,
    live: Option<&K>,
    observed: &Observed,
) -> Option<Deletion> {
    let live = live?;
    let owner = observed.auth_backend.uid()?;
    // Something of the name that is not ours is left alone.
    live.owner_references()
        .iter()
        .find(|reference| reference.uid == owner)?;
    Some(Deletion {
        kind,
        name: live.name_any(),
        uid: live.uid()?,
    })
}

/// Names and uids of the Jobs to delete: the one in the way, and all but the newest that are finished.
fn expired(jobs: &[JobFacts], decision: &Decision) -> BTreeSet<(String, String)> {
    let recorded = decision
        .migration
        .as_ref()
        .map(|migration| migration.job.as_str());
    let finished = jobs.iter().filter(|job| job.is_finished());
    let old = finished
        .rev()
        .skip(KEPT_JOBS)
        .filter(|job| Some(job.name.as_str()) != recorded);
    let mut expired: BTreeSet<_> = old.map(|job| (job.name.clone(), job.uid.clone())).collect();
    if let Step::Remove { job, uid } = &decision.step {
        expired.insert((job.clone(), uid.clone()));
    }
    expired
}

/// What the applier has yet to make, as far as it can be told from here.
pub fn unapplied(
    resources: &Resources,
    observed: &Observed,
    instance: &Instance,
) -> Option<&'static str> {
    let service = observed.service.is_some();
    let account = observed.service_account.is_some();
    let budget =
        observed.pod_disruption_budget.is_some() == resources.pod_disruption_budget.is_some();
    let autoscaler =
        observed.horizontal_pod_autoscaler.is_some() == instance.spec.autoscaling.is_some();
    let ingress = resources.ingress.is_none() || observed.ingress.is_some();
    // One that is asked for and cannot be made is not there either, whatever is left of before.
    let policy = resources.network_policy.is_some() && observed.network_policy.is_some();
    let policies = (!network::is_wanted(instance) || policy)
        && (resources.postgres_network_policy.is_none()
            || observed.postgres_network_policy.is_some());
    [
        (account, "ServiceAccount"),
        (config_maps::is_applied(instance, observed), "ConfigMap"),
        (service, "Service"),
        (budget, "PodDisruptionBudget"),
        (autoscaler, "HorizontalPodAutoscaler"),
        (ingress, "Ingress"),
        (policies, "NetworkPolicy"),
    ]
    .into_iter()
    .find_map(|(applied, kind)| (!applied).then_some(kind))
    .or_else(|| optional::unapplied(&resources.optional, observed))
}
