//! Pod templates of before. A Deployment's controller keeps each in a ReplicaSet, with the Deployment's annotations of that
//! time, among them the hash by which a template is found again.

use std::collections::BTreeSet;
use std::sync::Arc;

use authbackend_crds::v1alpha1::Current;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, ReplicaSetSpec};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use kube::ResourceExt as _;

use super::desired;
use super::needs::Blocker;
use crate::build::Instance;
use crate::labels::SPEC_HASH;
use crate::reconcile::observed::Observed;

/// What the Deployment's controller adds to the template of a ReplicaSet.
const TEMPLATE_HASH: &str = "pod-template-hash";
/// Annotation of a ReplicaSet: the more, the newer.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Hashes of the Deployments whose templates can be put back.
pub fn kept(observed: &Observed) -> BTreeSet<String> {
    let sets = owned(observed).filter_map(|set| set.annotations().get(SPEC_HASH));
    let live = observed.deployment.iter();
    let live = live.filter_map(|live| live.annotations().get(SPEC_HASH));
    sets.chain(live).cloned().collect()
}

/// The Deployment of `current`, with the template of before where that is to be put back.
pub fn serving(
    instance: &Instance,
    observed: &Observed,
    current: &Current,
    puts_back: bool,
) -> Result<Deployment, Blocker> {
    let rendered = desired::server(instance, observed, current)?;
    let kept = puts_back.then(|| put_back(&rendered, observed, current));
    Ok(kept.flatten().unwrap_or(rendered))
}

/// `rendered` with the pod template that `current` served with; `None` where that is the one that it has, or is not kept
/// anywhere. Strategy, labels and the number of pods are those of `rendered`.
pub fn put_back(
    rendered: &Deployment,
    observed: &Observed,
    current: &Current,
) -> Option<Deployment> {
    let hash = current.template.as_ref()?;
    if rendered.annotations().get(SPEC_HASH) == Some(hash) {
        return None;
    }
    let template = find(observed, hash)?;
    let mut deployment = rendered.clone();
    deployment
        .annotations_mut()
        .insert(SPEC_HASH.to_owned(), hash.clone());
    deployment.spec.as_mut()?.template = template;
    Some(deployment)
}

/// The template of the Deployment with `hash`. A restart by hand leaves several that differ in nothing that the operator
/// rendered: the one with pods that serve counts, else the newest.
fn find(observed: &Observed, hash: &str) -> Option<PodTemplateSpec> {
    let has_hash = |set: &&ReplicaSet| {
        set.annotations()
            .get(SPEC_HASH)
            .is_some_and(|it| it == hash)
    };
    if let Some(set) = owned(observed).filter(has_hash).max_by_key(|set| age(set)) {
        return own(set.spec.as_ref()?);
    }
    // Somebody deleted it, and its Deployment still has the template: the controller makes another one from it.
    let live = observed.deployment.as_deref()?;
    let template = &live.spec.as_ref()?.template;
    (live.annotations().get(SPEC_HASH).map(String::as_str) == Some(hash)).then(|| template.clone())
}

fn age(set: &ReplicaSet) -> (bool, u64) {
    let status = set.status.as_ref();
    let available = status.and_then(|status| status.available_replicas);
    let revision = set.annotations().get(REVISION);
    let revision = revision.and_then(|revision| revision.parse().ok());
    (available.unwrap_or(0) > 0, revision.unwrap_or(0))
}

/// The template without what its controller added.
fn own(spec: &ReplicaSetSpec) -> Option<PodTemplateSpec> {
    let mut template = spec.template.clone()?;
    let labels = template.metadata.as_mut().and_then(|it| it.labels.as_mut());
    if let Some(labels) = labels {
        labels.remove(TEMPLATE_HASH);
    }
    Some(template)
}

/// The ReplicaSets of the Deployment.
fn owned(observed: &Observed) -> impl Iterator<Item = &ReplicaSet> {
    let deployment = observed.deployment.as_ref().and_then(|live| live.uid());
    let sets = observed.replica_sets.iter().map(Arc::as_ref);
    sets.filter(move |set| {
        let mut owners = set.owner_references().iter();
        owners
            .any(|owner| owner.controller == Some(true) && Some(&owner.uid) == deployment.as_ref())
    })
}
