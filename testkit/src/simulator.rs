//! Plays the controller manager and the kubelet of one namespace: Jobs run, Deployments and `StatefulSets` roll out.
//!
//! What a Job does is said by its image: one whose tag starts with `bad` fails as a migration that must not be retried,
//! one whose tag starts with `held` runs until the test ends it, one whose tag starts with `contracting` leaves a contract
//! out. A Job that plans finds one migration. The tag of a Deployment's image says the same of its pods: those of `broken`
//! never become ready, and those of `late` not in time, as those that ask for [`TOO_MUCH_CPU`].

mod replica_sets;

use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// What a failing migration leaves as its pod's termination message.
pub const FAILURE: &str = "migration 2 (add_column): column \"locale\" already exists";

/// Cores that no node has, in the API's own form.
pub const TOO_MUCH_CPU: &str = "1k";

/// What a Job that plans leaves as its pod's termination message.
const PLAN: &str = r#"{"hash":"0123456789abcdef","currentVersion":4,"targetVersion":5,"adopt":false,"destructive":false,
    "pending":[{"version":5,"name":"add_locale","class":"expand","destructive":false,"locks":["ACCESS EXCLUSIVE on user"]}],
    "changes":[],"contracts":[],"omitted":0}"#;

/// Label of Jobs that do not bring the schema up.
const KIND: &str = "authbackend.dev/migration-kind";

/// Runs while it is not dropped.
pub struct Simulator {
    _tasks: JoinSet<()>,
}

impl Simulator {
    /// Starts to play in `namespace`.
    pub fn start(client: &Client, namespace: &str) -> Self {
        let mut tasks = JoinSet::new();
        let (jobs, pods) = (api(client, namespace), api(client, namespace));
        tasks.spawn(each(jobs.clone(), move |job| {
            let (jobs, pods) = (jobs.clone(), pods.clone());
            async move { run_job(&jobs, &pods, &job).await }
        }));
        let deployments: Api<Deployment> = api(client, namespace);
        let replica_sets: Api<ReplicaSet> = api(client, namespace);
        tasks.spawn(each(deployments.clone(), move |deployment| {
            let (deployments, replica_sets) = (deployments.clone(), replica_sets.clone());
            async move {
                replica_sets::keep_template(&replica_sets, &deployment).await;
                roll_out(&deployments, &deployment).await;
            }
        }));
        let stateful_sets: Api<StatefulSet> = api(client, namespace);
        tasks.spawn(each(stateful_sets.clone(), move |stateful_set| {
            let stateful_sets = stateful_sets.clone();
            async move { start_database(&stateful_sets, &stateful_set).await }
        }));
        Self { _tasks: tasks }
    }
}

fn api<K>(client: &Client, namespace: &str) -> Api<K>
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    Api::namespaced(client.clone(), namespace)
}

async fn each<K, F>(api: Api<K>, act: impl Fn(K) -> F)
where
    K: kube::Resource + Clone + std::fmt::Debug + Send + serde::de::DeserializeOwned + 'static,
    F: Future<Output = ()>,
{
    let mut changes = watcher(api, watcher::Config::default())
        .default_backoff()
        .applied_objects()
        .boxed();
    while let Some(change) = changes.next().await {
        if let Ok(object) = change {
            act(object).await;
        }
    }
}

fn tag(image: Option<&str>) -> String {
    image
        .and_then(|image| image.rsplit(':').next())
        .unwrap_or_default()
        .to_owned()
}

async fn run_job(jobs: &Api<Job>, pods: &Api<Pod>, job: &Job) {
    let finished = job.status.as_ref().is_some_and(|status| {
        status
            .conditions
            .iter()
            .flatten()
            .any(|c| c.type_ == "Complete" || c.type_ == "Failed")
    });
    let template = job
        .spec
        .as_ref()
        .and_then(|spec| spec.template.spec.as_ref());
    let image = template.and_then(|pod| pod.containers[0].image.as_deref());
    match tag(image) {
        _ if finished => {}
        tag if tag.starts_with("held") => {}
        _ if job.labels().get(KIND).is_some_and(|kind| kind == "plan") => {
            ended_pod(pods, job, 0, PLAN).await;
            succeed_job(jobs, &job.name_any()).await;
        }
        tag if tag.starts_with("bad") => fail_job(jobs, pods, job).await,
        tag if tag.starts_with("contracting") && !job.labels().contains_key(KIND) => {
            let message = r#"{"schemaVersion":5,"applied":[5],"pendingContracts":[6]}"#;
            ended_pod(pods, job, 0, message).await;
            succeed_job(jobs, &job.name_any()).await;
        }
        _ => succeed_job(jobs, &job.name_any()).await,
    }
}

/// Ends a Job as the job controller does when its pod exited with 0.
pub async fn succeed_job(jobs: &Api<Job>, name: &str) {
    let now = Timestamp::now().to_string();
    let condition = |type_: &str| json!({"type": type_, "status": "True", "reason": "CompletionsReached", "lastTransitionTime": now});
    let status = json!({
        "startTime": now, "completionTime": now, "succeeded": 1, "active": 0, "ready": 0, "terminating": 0,
        "uncountedTerminatedPods": {},
        "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
    });
    patch_status(jobs, name, status).await;
}

/// Ends a Job as the job controller does when a pod exited with a code of its failure policy.
async fn fail_job(jobs: &Api<Job>, pods: &Api<Pod>, job: &Job) {
    let name = job.name_any();
    ended_pod(pods, job, 10, FAILURE).await;
    let now = Timestamp::now().to_string();
    let condition = |type_: &str| {
        json!({
            "type": type_, "status": "True", "reason": "PodFailurePolicy", "lastTransitionTime": now,
            "message": format!("Container migrate for pod {name}-x failed with exit code 10 matching FailJob rule at index 0"),
        })
    };
    let status = json!({
        "startTime": now, "failed": 1, "active": 0, "ready": 0, "terminating": 0,
        "uncountedTerminatedPods": {},
        "conditions": [condition("FailureTarget"), condition("Failed")],
    });
    patch_status(jobs, &name, status).await;
}

async fn ended_pod(pods: &Api<Pod>, job: &Job, exit_code: i32, message: &str) {
    let template = &job.spec.as_ref().unwrap().template;
    let container = &template.spec.as_ref().unwrap().containers[0].name;
    let name = format!("{}-x", job.name_any());
    let mut labels = template
        .metadata
        .clone()
        .unwrap_or_default()
        .labels
        .unwrap_or_default();
    labels.insert("batch.kubernetes.io/job-name".to_owned(), job.name_any());
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": name, "labels": labels, "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "Job", "name": job.name_any(), "uid": job.uid(), "controller": true,
        }]},
        "spec": {"containers": [{"name": container, "image": "x"}], "restartPolicy": "Never"},
    }))
    .unwrap();
    if pods.create(&PostParams::default(), &pod).await.is_err() {
        return;
    }
    let now = Timestamp::now().to_string();
    let status = json!({
        "phase": if exit_code == 0 {"Succeeded"} else {"Failed"},
        "containerStatuses": [{
            "name": container, "image": "x", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {
                "exitCode": exit_code, "reason": "Ended", "message": message, "startedAt": now, "finishedAt": now,
            }},
        }],
    });
    patch_status(pods, &name, status).await;
}

fn asks_for_too_much(template: &PodTemplateSpec) -> bool {
    let container = template.spec.as_ref().map(|pod| &pod.containers[0]);
    let resources = container.and_then(|container| container.resources.as_ref());
    let requests = resources.and_then(|resources| resources.requests.as_ref());
    requests
        .and_then(|requests| requests.get("cpu"))
        .is_some_and(|cpu| cpu.0 == TOO_MUCH_CPU)
}

async fn roll_out(deployments: &Api<Deployment>, deployment: &Deployment) {
    let spec = deployment.spec.clone().unwrap_or_default();
    let observed = deployment
        .status
        .as_ref()
        .and_then(|status| status.observed_generation);
    let image = spec
        .template
        .spec
        .as_ref()
        .and_then(|pod| pod.containers[0].image.clone());
    if observed == deployment.metadata.generation || tag(image.as_deref()).starts_with("held-pods")
    {
        return;
    }
    let replicas = spec.replicas.unwrap_or(1);
    let ready = if tag(image.as_deref()).starts_with("broken") {
        0
    } else {
        replicas
    };
    let now = Timestamp::now().to_string();
    if tag(image.as_deref()).starts_with("late") || asks_for_too_much(&spec.template) {
        // As `maxUnavailable: 0` has it: those of before stay, and one new pod does not get ready.
        let status = json!({
            "observedGeneration": deployment.metadata.generation,
            "replicas": replicas + 1, "updatedReplicas": 1, "readyReplicas": replicas, "availableReplicas": replicas,
            "unavailableReplicas": 1,
            "conditions": [{
                "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                "message": "ReplicaSet \"shop-1\" has timed out progressing.",
                "lastTransitionTime": now, "lastUpdateTime": now,
            }],
        });
        patch_status(deployments, &deployment.name_any(), status).await;
        return;
    }
    let status = json!({
        "observedGeneration": deployment.metadata.generation,
        "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": ready, "availableReplicas": ready,
        "unavailableReplicas": replicas - ready,
        "conditions": [
            {"type": "Available", "status": if ready == replicas {"True"} else {"False"},
             "reason": "MinimumReplicasAvailable", "lastTransitionTime": now, "lastUpdateTime": now},
            {"type": "Progressing", "status": "True",
             "reason": if ready == replicas {"NewReplicaSetAvailable"} else {"ReplicaSetUpdated"},
             "lastTransitionTime": now, "lastUpdateTime": now},
        ],
    });
    patch_status(deployments, &deployment.name_any(), status).await;
}

async fn start_database(stateful_sets: &Api<StatefulSet>, stateful_set: &StatefulSet) {
    let status = stateful_set.status.as_ref();
    if status.and_then(|s| s.observed_generation) == stateful_set.metadata.generation {
        return;
    }
    let replicas = stateful_set
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let status = json!({
        "observedGeneration": stateful_set.metadata.generation,
        "replicas": replicas, "readyReplicas": replicas, "currentReplicas": replicas,
        "updatedReplicas": replicas, "availableReplicas": replicas,
        "currentRevision": "1", "updateRevision": "1",
    });
    patch_status(stateful_sets, &stateful_set.name_any(), status).await;
}

async fn patch_status<K>(api: &Api<K>, name: &str, status: Value)
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let patch = Patch::Merge(json!({"status": status}));
    for _ in 0..10 {
        match api
            .patch_status(name, &PatchParams::default(), &patch)
            .await
        {
            Ok(_) => return,
            Err(kube::Error::Api(status)) if status.is_not_found() => return,
            Err(kube::Error::Api(status)) if status.is_conflict() => {}
            Err(error) => panic!("the status of {name} is refused: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
