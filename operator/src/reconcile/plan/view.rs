//! All that is known and decided, before it is put into words.

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;

use super::migration::{Decision, Step};
use super::needs::Blocker;
use super::rollout::{self, Rollout};
use super::target::Target;
use super::{desired, problem_of, templates};
use crate::build::Instance;
use crate::labels::{Component, SPEC_HASH};
use crate::reconcile::observed::Observed;
use crate::reconcile::reason::Reason;

/// All that is known and decided.
#[derive(Debug)]
pub struct View<'a> {
    /// What was read.
    pub observed: &'a Observed,
    /// The time, in whole seconds.
    pub now: &'a Time,
    /// What the spec asks for, or why that is not known.
    pub target: Result<Target, Blocker>,
    /// Why no migration may start.
    pub start_blocker: Option<Blocker>,
    /// What comes next for the schema.
    pub decision: Decision,
    /// Why there is no Deployment although one is due.
    pub deployment_blocker: Option<Blocker>,
    /// Why the managed database cannot be used.
    pub unready_database: Option<Blocker>,
    /// What to say of a generated Secret that is gone.
    pub lost_secret: Option<Blocker>,
    /// Kind of an object that is not as it should be.
    pub unapplied: Option<&'static str>,
    /// Why not all that the spec asks for can be made.
    pub missing_api: Option<Blocker>,
    /// Why a way in does not work.
    pub unready_exposure: Option<Blocker>,
    /// How far the rollout is.
    pub rollout: Rollout,
    /// What the spec asks for apart from the database, where it is valid.
    pub instance: Option<Instance>,
}

impl View<'_> {
    /// Whether nothing may be changed.
    pub fn is_suspended(&self) -> bool {
        self.observed.auth_backend.spec.suspend == Some(true)
    }

    /// Why a migration sleeps, where nothing is to serve.
    pub fn hibernation(&self) -> Option<&Blocker> {
        let sleeps = |blocker: &&Blocker| blocker.reason == Reason::Hibernated;
        let waits = self.decision.step == Step::Wait;
        self.start_blocker.as_ref().filter(sleeps).filter(|_| waits)
    }

    /// The command that approves `hash` by `annotation`.
    pub fn approval(&self, annotation: &str, hash: &str) -> String {
        approval(&self.observed.auth_backend, annotation, hash)
    }

    /// Whether the Deployment has the pod template that served before in place of the one that the spec asks for.
    pub fn keeps_template(&self) -> bool {
        let live = self.observed.deployment.as_deref();
        let live = live.and_then(|live| live.annotations().get(SPEC_HASH));
        let (Some(instance), Some(current)) = (&self.instance, &self.decision.current) else {
            return false;
        };
        self.decision.puts_back()
            && desired::template(instance, self.observed, current).as_ref() != live
    }

    /// Whether the template that served before is known and is kept nowhere any longer.
    pub fn has_lost_template(&self) -> bool {
        let current = self.decision.current.as_ref();
        let served = current.and_then(|current| current.template.as_ref());
        served.is_some_and(|served| !templates::kept(self.observed).contains(served))
    }

    /// Pods that serve.
    pub fn available(&self) -> i32 {
        rollout::available(self.observed.deployment.as_deref())
    }

    /// What keeps a pod of a part from running.
    pub fn problem(&self, component: Component) -> Option<String> {
        problem_of(self.observed, component)
    }

    /// Whether what serves is known to be another version than the spec asks for.
    pub fn serves_previous(&self) -> bool {
        let Some(current) = &self.decision.current else {
            return false;
        };
        match (&self.target, &self.instance) {
            (Ok(target), _) => !target.is(current),
            (Err(_), Some(instance)) => instance.image != current.image,
            (Err(_), None) => false,
        }
    }

    /// Whether what serves is the image and the database that the spec asks for.
    pub fn serves_target(&self) -> bool {
        match (&self.target, &self.decision.current) {
            (Ok(target), Some(current)) => target.is(current),
            _ => false,
        }
    }
}

/// The command that sets `annotation` of `auth_backend` to `value`, which approves it.
pub fn approval(auth_backend: &AuthBackend, annotation: &str, value: &str) -> String {
    let (name, namespace) = (auth_backend.name_any(), auth_backend.namespace());
    let namespace = namespace.unwrap_or_default();
    format!("kubectl annotate -n {namespace} authbackend/{name} --overwrite {annotation}={value}")
}
