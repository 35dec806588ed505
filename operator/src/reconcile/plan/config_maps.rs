//! Which settings are still needed.

use std::collections::BTreeSet;
use std::sync::Arc;

use authbackend_crds::v1alpha1::Current;
use k8s_openapi::api::core::v1::{ConfigMap, PodSpec};
use kube::ResourceExt as _;

use super::job::JobFacts;
use super::pods;
use super::rollout::Rollout;
use crate::build::{Instance, config_map};
use crate::names;
use crate::reconcile::observed::Observed;

/// Whether the settings that `instance` asks for are there.
pub fn is_applied(instance: &Instance, observed: &Observed) -> bool {
    let settings = &instance.settings;
    let name = names::config_map(&instance.name, &settings.hash);
    let text = |live: &Arc<ConfigMap>| live.data.as_ref()?.get(config_map::KEY).cloned();
    observed
        .config_maps
        .iter()
        .find(|live| live.name_any() == name)
        .is_some_and(|live| text(live).as_ref() == Some(&settings.text))
}

/// The settings that no pod needs any longer, also those of earlier releases, whose `ConfigMap` has no hash in its name.
/// While pods are being replaced there are none: one of before that starts again reads the settings that it was made with.
pub fn unneeded<'a>(
    instance: &Instance,
    observed: &'a Observed,
    [current, previous]: [Option<&Current>; 2],
    rollout: &Rollout,
    jobs: &[JobFacts],
) -> Vec<&'a ConfigMap> {
    let at_rest = matches!(rollout, Rollout::Complete { .. });
    if current.is_some() && !at_rest {
        return Vec::new();
    }
    let recorded = [
        Some(&instance.settings.hash),
        current.and_then(|current| current.config_hash.as_ref()),
        previous.and_then(|previous| previous.config_hash.as_ref()),
    ];
    let mut needed: BTreeSet<String> = recorded
        .into_iter()
        .flatten()
        .map(|hash| names::config_map(&instance.name, hash))
        .collect();
    needed.extend(pod_specs(observed, jobs).flat_map(mounted));
    observed
        .config_maps
        .iter()
        .map(Arc::as_ref)
        .filter(|live| !needed.contains(&live.name_any()))
        .collect()
}

/// The pods that run or may be made: those of the Deployment and of unfinished Jobs, and those that exist.
fn pod_specs<'a>(observed: &'a Observed, jobs: &[JobFacts]) -> impl Iterator<Item = &'a PodSpec> {
    let unfinished: BTreeSet<&str> = jobs
        .iter()
        .filter(|job| !job.is_finished())
        .map(|job| job.uid.as_str())
        .collect();
    let deployment = observed
        .deployment
        .iter()
        .filter_map(|live| live.spec.as_ref()?.template.spec.as_ref());
    let jobs = observed
        .jobs
        .iter()
        .filter(move |job| {
            job.metadata
                .uid
                .as_deref()
                .is_some_and(|uid| unfinished.contains(uid))
        })
        .filter_map(|job| job.spec.as_ref()?.template.spec.as_ref());
    let pods = observed
        .pods
        .iter()
        .filter(|pod| !pods::has_ended(pod) && pod.metadata.deletion_timestamp.is_none())
        .filter_map(|pod| pod.spec.as_ref());
    deployment.chain(jobs).chain(pods)
}

fn mounted(pod: &PodSpec) -> impl Iterator<Item = String> {
    pod.volumes
        .iter()
        .flatten()
        .filter_map(|volume| Some(volume.config_map.as_ref()?.name.clone()))
}
