//! What is read from Jobs and their pods.

use std::sync::Arc;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::reconcile::plan::job::{JobFacts, Outcome, facts, has_orphan};

fn job(name: &str, created: &str, conditions: &Value) -> Arc<Job> {
    let job = json!({
        "metadata": {
            "name": name,
            "uid": format!("uid-{name}"),
            "creationTimestamp": created,
            "labels": {"authbackend.dev/migration-hash": format!("hash-{name}")},
            "ownerReferences": [{"apiVersion": "v", "kind": "AuthBackend", "name": "shop", "uid": "uid-shop"}],
        },
        "status": {"conditions": conditions},
    });
    Arc::new(serde_json::from_value(job).unwrap())
}

fn pod(job: &str, phase: &str, state: &Value) -> Arc<Pod> {
    let status = json!({"name": "migrate", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state});
    let pod = json!({
        "metadata": {
            "name": format!("{job}-pod"),
            "labels": {"app.kubernetes.io/component": "migration"},
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": format!("uid-{job}")}],
        },
        "status": {"phase": phase, "containerStatuses": [status]},
    });
    Arc::new(serde_json::from_value(pod).unwrap())
}

const CREATED: &str = "2026-01-02T03:04:05Z";

fn condition(type_: &str, reason: &str, message: &str) -> Value {
    json!([{"type": type_, "status": "True", "reason": reason, "message": message, "lastTransitionTime": "2026-01-02T03:05:00Z"}])
}

fn read(job: Arc<Job>, pods: &[Arc<Pod>]) -> JobFacts {
    facts(&[job], pods, "uid-shop").remove(0)
}

fn terminated(exit_code: i32, message: &str) -> Value {
    json!({"terminated": {"exitCode": exit_code, "message": message, "reason": "Error"}})
}

fn failed(exit_code: Option<i32>, message: &str) -> Outcome {
    Outcome::Failed {
        exit_code,
        message: message.to_owned(),
    }
}

#[test]
fn a_job_without_a_terminal_condition_runs() {
    for conditions in [
        json!([]),
        condition("FailureTarget", "", ""),
        condition("SuccessCriteriaMet", "", ""),
        condition("Suspended", "", ""),
    ] {
        assert_eq!(
            read(job("a", CREATED, &conditions), &[]).outcome,
            Outcome::Running
        );
    }
}

#[test]
fn the_schema_version_is_read_from_the_pods_message() {
    let pods = [pod(
        "a",
        "Succeeded",
        &terminated(0, "{\"schemaVersion\":4,\"applied\":[4]}\n"),
    )];
    let facts = read(job("a", CREATED, &condition("Complete", "", "")), &pods);
    assert_eq!(
        facts.outcome,
        Outcome::Succeeded {
            schema_version: Some(4),
            pending_contracts: Vec::new(),
        }
    );
    assert_eq!(
        facts.finished.unwrap().0.to_string(),
        "2026-01-02T03:05:00Z"
    );
}

#[test]
fn a_success_without_a_readable_message_is_a_success() {
    let pods = [pod("a", "Succeeded", &terminated(0, "done"))];
    for pods in [&pods[..], &[]] {
        let facts = read(job("a", CREATED, &condition("Complete", "", "")), pods);
        assert_eq!(
            facts.outcome,
            Outcome::Succeeded {
                schema_version: None,
                pending_contracts: Vec::new(),
            }
        );
    }
}

#[test]
fn a_failure_is_told_by_the_last_pod() {
    let pods = [pod(
        "a",
        "Failed",
        &terminated(10, "column x exists already\n"),
    )];
    let facts = read(
        job(
            "a",
            CREATED,
            &condition("Failed", "PodFailurePolicy", "Container migrate failed"),
        ),
        &pods,
    );
    assert_eq!(facts.outcome, failed(Some(10), "column x exists already"));
}

#[test]
fn a_failure_whose_pods_are_gone_is_told_by_the_job() {
    let stated =
        "Container migrate for pod a/b failed with exit code 11 matching FailJob rule at index 0";
    let facts = read(
        job(
            "a",
            CREATED,
            &condition("Failed", "PodFailurePolicy", stated),
        ),
        &[],
    );
    assert_eq!(facts.outcome, failed(Some(11), stated));
}

#[test]
fn a_deadline_is_named_besides_the_last_message() {
    let pods = [pod("a", "Failed", &terminated(1, "waits for a lock"))];
    let facts = read(
        job("a", CREATED, &condition("Failed", "DeadlineExceeded", "")),
        &pods,
    );
    assert_eq!(
        facts.outcome,
        failed(
            Some(1),
            "exceeded migration.deadlineSeconds; it last said: waits for a lock"
        )
    );
}

#[test]
fn a_kill_for_memory_is_named() {
    let state = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    let facts = read(
        job(
            "a",
            CREATED,
            &condition("Failed", "BackoffLimitExceeded", "gave up"),
        ),
        &[pod("a", "Failed", &state)],
    );
    assert_eq!(facts.outcome, failed(Some(137), "OOMKilled: gave up"));
}

#[test]
fn jobs_of_another_owner_are_not_ours() {
    let job = job("a", CREATED, &json!([]));
    assert_eq!(facts(&[job], &[], "uid-of-an-earlier-shop"), []);
}

#[test]
fn jobs_are_sorted_by_age() {
    let jobs = [
        job("b", "2026-01-02T03:04:06Z", &json!([])),
        job("a", "2026-01-02T03:04:07Z", &json!([])),
        job("c", CREATED, &json!([])),
    ];
    let names: Vec<String> = facts(&jobs, &[], "uid-shop")
        .into_iter()
        .map(|job| job.name)
        .collect();
    assert_eq!(names, ["c", "b", "a"]);
}

#[test]
fn a_job_counts_as_started_unless_its_pod_shows_otherwise() {
    let started = |pods: &[Arc<Pod>]| read(job("a", CREATED, &json!([])), pods).started;
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff"}});
    assert!(started(&[]), "without a pod");
    assert!(started(&[pod("a", "Running", &json!({"running": {}}))]));
    assert!(started(&[pod("a", "Failed", &terminated(1, ""))]));
    assert!(!started(&[pod("a", "Pending", &waiting)]));
}

#[test]
fn a_pod_without_its_job_is_an_orphan_until_it_ended() {
    let running = [pod("a", "Running", &json!({"running": {}}))];
    assert!(has_orphan(&[], &running, "uid-shop"));
    let own = job("a", CREATED, &json!([]));
    assert!(!has_orphan(&[own], &running, "uid-shop"));
    let ended = [pod("a", "Failed", &terminated(1, ""))];
    assert!(!has_orphan(&[], &ended, "uid-shop"));
}

/// Also between two tries, when it has no pod.
#[test]
fn the_job_of_a_deleted_resource_is_an_orphan_until_it_ended() {
    let running = [pod("a", "Running", &json!({"running": {}}))];
    let left = job("a", CREATED, &json!([]));
    assert!(has_orphan(
        &[Arc::clone(&left)],
        &running,
        "uid-of-the-next"
    ));
    assert!(has_orphan(&[left], &[], "uid-of-the-next"));
    let ended = job("a", CREATED, &condition("Complete", "", ""));
    assert!(!has_orphan(&[ended], &[], "uid-of-the-next"));
}
