//! How the pods of what is on record as serving are, before anything is decided about them.

use authbackend_crds::v1alpha1::Current;
use kube::ResourceExt as _;

use super::migration::Pods;
use super::rollout::{self, Rollout};
use super::target::Target;
use super::{desired, pods, problem_of};
use crate::build::Instance;
use crate::labels::{COMPONENT, Component, SPEC_HASH};
use crate::reconcile::observed::Observed;

/// How the pods of what is on record as serving are.
pub struct Served {
    rollout: Rollout,
    problem: Option<String>,
    serving: Option<String>,
    target: Option<String>,
    ending: bool,
}

impl Served {
    /// Those of `current`; `target` is what the spec asks for.
    pub fn of(
        observed: &Observed,
        instance: Option<&Instance>,
        current: Option<&Current>,
        target: Option<&Target>,
    ) -> Self {
        let rendered = instance
            .zip(current)
            .and_then(|(instance, current)| desired::server(instance, observed, current).ok());
        let serving = rendered
            .as_ref()
            .and_then(|rendered| rendered.annotations().get(SPEC_HASH).cloned());
        // The same one, apart from an upgrade, so that at rest nothing is rendered twice.
        let target = if target
            .zip(current)
            .is_some_and(|(target, current)| target.is(current))
        {
            serving.clone()
        } else {
            instance.zip(target).and_then(|(instance, target)| {
                desired::template(instance, observed, &target.current(None, current))
            })
        };
        Self {
            rollout: rollout::rollout(observed.deployment.as_deref(), rendered.as_ref()),
            problem: problem_of(observed, Component::Server),
            serving,
            target,
            ending: has_ending(observed),
        }
    }

    /// The same for a decision.
    pub fn pods(&self, suspended: bool) -> Pods<'_> {
        Pods {
            rollout: &self.rollout,
            problem: self.problem.as_deref(),
            serving: self.serving.as_deref(),
            target: self.target.as_deref(),
            ending: self.ending,
            suspended,
        }
    }
}

/// Whether a pod of the server still ends: a Deployment does not count it any longer.
fn has_ending(observed: &Observed) -> bool {
    let is_server = |label: &String| label == Component::Server.as_str();
    observed
        .pods
        .iter()
        .filter(|pod| pod.labels().get(COMPONENT).is_some_and(is_server))
        .any(|pod| pod.metadata.deletion_timestamp.is_some() && !pods::has_ended(pod))
}
