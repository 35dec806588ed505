//! How the pods of what is on record as serving are, before anything is decided about them.

use std::collections::BTreeSet;

use authbackend_crds::v1alpha1::{Current, RETRY_MIGRATION_ANNOTATION, Rejected};
use kube::ResourceExt as _;

use super::migration::{Pods, upholds};
use super::rollout::{self, Rollout};
use super::target::Target;
use super::{desired, pods, problem_of, templates};
use crate::build::Instance;
use crate::labels::{COMPONENT, Component, SPEC_HASH};
use crate::reconcile::observed::Observed;

/// How the pods of what is on record as serving are.
pub struct Served {
    rollout: Rollout,
    problem: Option<String>,
    serving: Option<String>,
    target: Option<String>,
    templates: BTreeSet<String>,
    rejected: Option<Rejected>,
    retry: Option<String>,
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
        let settled = target
            .zip(current)
            .is_some_and(|(target, current)| target.is(current));
        // The same one, apart from an upgrade, so that at rest nothing is rendered twice.
        let target = if settled {
            serving.clone()
        } else {
            instance.zip(target).and_then(|(instance, target)| {
                desired::template(instance, observed, &target.current(None, current))
            })
        };
        let auth_backend = &observed.auth_backend;
        let retry = auth_backend
            .annotations()
            .get(RETRY_MIGRATION_ANNOTATION)
            .cloned();
        let recorded = auth_backend.status.as_ref();
        let rejected = recorded
            .and_then(|status| status.rejected.clone())
            .filter(|rejected| upholds(rejected, serving.as_deref(), retry.as_deref(), settled));
        let kept = current
            .filter(|_| rejected.is_some())
            .zip(rendered.as_ref())
            .and_then(|(current, rendered)| templates::put_back(rendered, observed, current));
        Self {
            rollout: rollout::rollout(
                observed.deployment.as_deref(),
                kept.as_ref().or(rendered.as_ref()),
            ),
            problem: problem_of(observed, Component::Server),
            serving,
            target,
            templates: templates::kept(observed),
            rejected,
            retry,
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
            templates: &self.templates,
            rejected: self.rejected.as_ref(),
            retry: self.retry.as_deref(),
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
