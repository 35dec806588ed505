//! What pods say about themselves.

use authbackend_operator::labels::COMPONENT;
use authbackend_operator::reconcile::plan::pods::{cause, has_ended};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::ResourceExt as _;
use serde::Serialize;

/// A pod.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodLine {
    /// `server`, `migration` or `postgres`.
    pub(super) component: String,
    pub(super) name: String,
    pub(super) phase: String,
    pub(super) ready: bool,
    pub(super) restarts: i32,
    pub(super) node: Option<String>,
    pub(super) problem: Option<String>,
}

impl PodLine {
    pub(crate) fn new(pod: &Pod) -> Self {
        let status = pod.status.as_ref();
        let is_ready = status
            .and_then(|status| status.conditions.as_ref())
            .into_iter()
            .flatten()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True");
        let containers = || {
            let statuses = status.and_then(|status| status.container_statuses.as_ref());
            statuses.into_iter().flatten()
        };
        let restarts = containers().map(|container| container.restart_count).sum();
        Self {
            component: pod.labels().get(COMPONENT).cloned().unwrap_or_default(),
            name: pod.name_any(),
            phase: status
                .and_then(|status| status.phase.clone())
                .unwrap_or_else(|| "Unknown".to_owned()),
            ready: is_ready,
            restarts,
            node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
            problem: cause(pod).or_else(|| past(pod, restarts, containers().next())),
        }
    }
}

/// What was wrong with a pod that runs or has ended.
fn past(pod: &Pod, restarts: i32, container: Option<&ContainerStatus>) -> Option<String> {
    let ended = |last: bool| {
        let container = container?;
        let state = if last {
            &container.last_state
        } else {
            &container.state
        };
        let terminated = state.as_ref()?.terminated.as_ref()?;
        let reason = terminated.reason.as_deref().unwrap_or("Error");
        Some(format!("{reason}, exit code {}", terminated.exit_code))
    };
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    if phase == Some("Failed") {
        let reason = pod.status.as_ref().and_then(|status| status.reason.clone());
        return Some(
            ended(false)
                .or(reason)
                .unwrap_or_else(|| "failed".to_owned()),
        );
    }
    if restarts == 0 || has_ended(pod) {
        return None;
    }
    let times = if restarts == 1 {
        "once".to_owned()
    } else {
        format!("{restarts} times")
    };
    let last = ended(true)
        .map(|last| format!("; the last time: {last}"))
        .unwrap_or_default();
    Some(format!("started again {times}{last}"))
}
