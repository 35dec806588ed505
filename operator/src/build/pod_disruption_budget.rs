//! Keeps pods during a drain of nodes.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Instance;
use crate::labels::Component;
use crate::names;
use crate::presence::Rare as _;

/// One pod at a time may be evicted, or as many as the spec says. `None` where there is never more than one pod. Stated as a maximum of pods that are away,
/// so that it never blocks a drain, whatever an autoscaler does; pods that are not ready can always be evicted.
pub fn build(instance: &Instance) -> Option<PodDisruptionBudget> {
    let chosen = instance.spec.disruption_budget.clone().unwrap_or_default();
    PodDisruptionBudget::is_asked_for(&instance.spec).then(|| PodDisruptionBudget {
        metadata: instance.metadata(names::server(&instance.name), Component::Server),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(chosen.max_unavailable.unwrap_or(1))),
            selector: Some(LabelSelector {
                match_labels: Some(instance.selector(Component::Server)),
                ..LabelSelector::default()
            }),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    })
}
