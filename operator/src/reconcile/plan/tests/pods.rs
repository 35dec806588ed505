//! What pods say.

use serde_json::{Value, json};

use super::world::pod;
use crate::reconcile::plan::pods::problem;

fn told(container: &Value) -> Option<String> {
    let told = problem(&pod("server", container))?;
    Some(told.strip_prefix("pod shop-server-0: ").unwrap().to_owned())
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"image": "server:9", "state": {"waiting": {"reason": reason, "message": message}}})
}

#[test]
fn a_pod_that_starts_or_runs_has_no_problem() {
    assert_eq!(told(&waiting("ContainerCreating", "")), None);
    assert_eq!(told(&waiting("PodInitializing", "")), None);
    assert_eq!(told(&json!({"state": {"running": {}}})), None);
}

#[test]
fn both_states_of_a_failing_pull_are_told_alike() {
    let expected = Some("ImagePullBackOff: cannot pull server:9: not found".to_owned());
    assert_eq!(told(&waiting("ErrImagePull", "not found")), expected);
    let message = "Back-off pulling image \"server:9\": ErrImagePull: not found";
    assert_eq!(told(&waiting("ImagePullBackOff", message)), expected);
}

#[test]
fn a_pull_without_detail_is_told_without() {
    let told = told(&waiting(
        "ImagePullBackOff",
        "Back-off pulling image \"server:9\"",
    ));
    assert_eq!(
        told.as_deref(),
        Some("ImagePullBackOff: cannot pull server:9")
    );
}

#[test]
fn a_crash_loop_is_told_by_the_last_words_and_not_by_the_back_off() {
    let mut container = waiting(
        "CrashLoopBackOff",
        "back-off 40s restarting failed container",
    );
    container["lastState"] = json!({"terminated": {"exitCode": 78, "reason": "Error", "message": "AUTH_SECRET is too short\n"}});
    assert_eq!(
        told(&container).as_deref(),
        Some("CrashLoopBackOff: exit code 78: AUTH_SECRET is too short")
    );
}

#[test]
fn a_kill_for_memory_is_named() {
    let mut container = waiting("CrashLoopBackOff", "back-off");
    container["lastState"] = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    assert_eq!(
        told(&container).as_deref(),
        Some("CrashLoopBackOff: OOMKilled, exit code 137")
    );
}

#[test]
fn a_missing_key_is_told() {
    let told = told(&waiting(
        "CreateContainerConfigError",
        "couldn't find key uri in Secret a/b",
    ));
    assert_eq!(
        told.as_deref(),
        Some("CreateContainerConfigError: couldn't find key uri in Secret a/b")
    );
}

#[test]
fn a_pod_that_fits_no_node_is_told() {
    let mut unschedulable = (*pod("server", &json!({}))).clone();
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"});
    unschedulable.status =
        serde_json::from_value(json!({"phase": "Pending", "conditions": [condition]})).unwrap();
    assert!(
        problem(&unschedulable)
            .unwrap()
            .ends_with("Unschedulable: 0/3 nodes are available")
    );
}

#[test]
fn a_pod_that_is_going_or_gone_has_no_problem() {
    let mut going = (*pod("server", &waiting("CrashLoopBackOff", ""))).clone();
    let mut gone = going.clone();
    going.metadata.deletion_timestamp =
        Some(super::world::World::new(&super::world::spec_with(&json!({}))).time());
    gone.status.as_mut().unwrap().phase = Some("Failed".to_owned());
    assert_eq!((problem(&going), problem(&gone)), (None, None));
}
