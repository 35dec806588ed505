//! What pods say about themselves.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod};
use kube::ResourceExt as _;

/// Reasons for which a container waits that are part of a normal start.
const NORMAL_WAITS: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// Whether all containers ended for good.
pub fn has_ended(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// Whether a container of the pod runs or ever ran.
pub fn has_started(pod: &Pod) -> bool {
    has_ended(pod)
        || statuses(pod).any(|status| {
            let ran =
                |state: &ContainerState| state.running.is_some() || state.terminated.is_some();
            status.restart_count > 0
                || status.state.as_ref().is_some_and(ran)
                || status.last_state.as_ref().is_some_and(ran)
        })
}

/// How the container `name` ended last.
pub fn termination<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStateTerminated> {
    let status = statuses(pod).find(|status| status.name == name)?;
    let terminated = |state: &'a Option<ContainerState>| state.as_ref()?.terminated.as_ref();
    terminated(&status.state).or_else(|| terminated(&status.last_state))
}

/// What keeps the pod from running, in words that stay the same while the cause does: texts of the kubelet that count
/// tries or seconds would have the status written again and again.
pub fn problem(pod: &Pod) -> Option<String> {
    Some(format!("pod {}: {}", pod.name_any(), cause(pod)?))
}

/// As [`problem`], without the pod's name.
pub fn cause(pod: &Pod) -> Option<String> {
    if pod.metadata.deletion_timestamp.is_some() || has_ended(pod) {
        return None;
    }
    statuses(pod)
        .find_map(container_problem)
        .or_else(|| unschedulable(pod))
}

fn container_problem(status: &ContainerStatus) -> Option<String> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref()?;
    let message = waiting.message.as_deref().unwrap_or_default().trim();
    match reason {
        reason if NORMAL_WAITS.contains(&reason) => None,
        "ErrImagePull" | "ImagePullBackOff" => {
            // `Back-off pulling image "x": ErrImagePull: detail` and the detail alone take turns.
            let detail = message
                .rsplit_once("ErrImagePull: ")
                .map(|(_, detail)| detail);
            let detail = detail.or((reason == "ErrImagePull").then_some(message));
            let detail = detail
                .filter(|detail| !detail.is_empty())
                .map(|detail| format!(": {detail}"));
            Some(format!(
                "ImagePullBackOff: cannot pull {}{}",
                status.image,
                detail.unwrap_or_default()
            ))
        }
        "CrashLoopBackOff" => {
            let last = status
                .last_state
                .as_ref()
                .and_then(|state| state.terminated.as_ref());
            Some(format!(
                "CrashLoopBackOff: {}",
                last.map_or_else(|| "it ends at once".to_owned(), ending)
            ))
        }
        reason if message.is_empty() => Some(reason.to_owned()),
        reason => Some(format!("{reason}: {message}")),
    }
}

/// How a container ended, for people.
fn ending(terminated: &ContainerStateTerminated) -> String {
    let reason = terminated
        .reason
        .as_deref()
        .filter(|reason| *reason != "Error" && *reason != "Completed");
    let reason = reason
        .map(|reason| format!("{reason}, "))
        .unwrap_or_default();
    let message = terminated
        .message
        .as_deref()
        .map(str::trim)
        .filter(|message| !message.is_empty());
    let message = message
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    format!("{reason}exit code {}{message}", terminated.exit_code)
}

fn unschedulable(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let condition = conditions.iter().find(|condition| {
        condition.type_ == "PodScheduled"
            && condition.status == "False"
            && condition.reason.as_deref() == Some("Unschedulable")
    })?;
    Some(format!(
        "Unschedulable: {}",
        condition.message.as_deref().unwrap_or_default()
    ))
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let init = status.and_then(|status| status.init_container_statuses.as_ref());
    let main = status.and_then(|status| status.container_statuses.as_ref());
    init.into_iter().flatten().chain(main.into_iter().flatten())
}
