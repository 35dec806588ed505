//! Whether the Deployment is what it should be.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition};
use kube::ResourceExt as _;

use crate::labels::SPEC_HASH;

/// How far a rollout is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Rollout {
    /// There is no Deployment.
    Absent,
    /// The Deployment is not yet as wanted, or its controller has not looked at it yet.
    Outdated,
    /// Pods are replaced, started or stopped.
    Moving {
        /// How far.
        progress: String,
    },
    /// New pods did not become ready in time.
    Failed {
        /// What the Deployment says.
        message: String,
    },
    /// All pods are as wanted and available.
    Complete {
        /// How many there are.
        pods: i32,
    },
}

/// How far `live` is on its way to `desired`.
pub fn rollout(live: Option<&Deployment>, desired: Option<&Deployment>) -> Rollout {
    let (Some(live), Some(desired)) = (live, desired) else {
        return live.map_or(Rollout::Absent, |_| Rollout::Outdated);
    };
    if !is_applied(live, desired) {
        return Rollout::Outdated;
    }
    let status = live.status.clone().unwrap_or_default();
    let wanted = live
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let [replicas, updated, available] = [
        status.replicas,
        status.updated_replicas,
        status.available_replicas,
    ]
    .map(Option::unwrap_or_default);
    if replicas == wanted && updated == wanted && available == wanted {
        return Rollout::Complete { pods: wanted };
    }
    if let Some(message) = deadline_exceeded(live) {
        return Rollout::Failed { message };
    }
    let refused = refusal(live)
        .map(|refusal| format!("; {refusal}"))
        .unwrap_or_default();
    let progress = format!(
        "{updated} of {wanted} pods are updated, {available} of {replicas} available{refused}"
    );
    Rollout::Moving { progress }
}

/// Whether `live` carries what was rendered last, and its controller has seen it.
fn is_applied(live: &Deployment, desired: &Deployment) -> bool {
    let replicas =
        |deployment: &Deployment| deployment.spec.as_ref().and_then(|spec| spec.replicas);
    let seen = live
        .status
        .as_ref()
        .and_then(|status| status.observed_generation);
    live.annotations().get(SPEC_HASH) == desired.annotations().get(SPEC_HASH)
        && replicas(desired).is_none_or(|wanted| replicas(live) == Some(wanted))
        && live
            .metadata
            .generation
            .is_none_or(|generation| seen >= Some(generation))
}

/// Whether a rollout of `live` failed, perhaps one of something else than is wanted by now.
pub fn has_failed(live: &Deployment) -> bool {
    deadline_exceeded(live).is_some()
}

/// What the Deployment says when its progress deadline passed.
fn deadline_exceeded(live: &Deployment) -> Option<String> {
    let progressing = condition(live, "Progressing")?;
    (progressing.reason.as_deref() == Some("ProgressDeadlineExceeded"))
        .then(|| progressing.message.clone().unwrap_or_default())
}

/// Why no pod can be created, for example because of a quota.
fn refusal(live: &Deployment) -> Option<String> {
    condition(live, "ReplicaFailure")
        .filter(|failure| failure.status == "True")?
        .message
        .clone()
}

fn condition<'a>(live: &'a Deployment, type_: &str) -> Option<&'a DeploymentCondition> {
    let conditions = live.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Pods that serve.
pub fn available(live: Option<&Deployment>) -> i32 {
    let status = live.and_then(|live| live.status.as_ref());
    status
        .and_then(|status| status.available_replicas)
        .unwrap_or(0)
}
