//! Jobs and pods of the world.

use std::collections::BTreeSet;
use std::sync::Arc;

use authbackend_crds::v1alpha1::{
    APPROVE_CONTRACT_ANNOTATION, APPROVE_MIGRATION_ANNOTATION, APPROVE_REPLACEMENT_ANNOTATION,
};
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobStatus};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::World;
use crate::build::job::Kind;

impl World {
    /// A create: one that exists is left as it is.
    pub(super) fn create_job(&mut self, mut job: Job) {
        if self
            .observed
            .jobs
            .iter()
            .any(|live| live.name_any() == job.name_any())
        {
            return;
        }
        let uid = self.uid("job");
        job.metadata.uid = Some(uid.clone());
        job.metadata.creation_timestamp = Some(self.time());
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {
                "name": format!("{}-x", job.name_any()),
                "labels": job.labels(),
                "creationTimestamp": self.time(),
                "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": job.name_any(), "uid": uid}],
            },
            "status": {"phase": "Running", "containerStatuses": [container_status(&json!({"running": {}}))]},
        }))
        .unwrap();
        self.observed.jobs.push(Arc::new(job));
        self.observed.pods.push(Arc::new(pod));
    }

    /// The running Job, if there is one.
    pub fn running_job(&self) -> Option<Arc<Job>> {
        self.observed
            .jobs
            .iter()
            .find(|job| job.status.is_none())
            .cloned()
    }

    /// The running Job succeeds; one that plans finds one migration, the one to `schema_version`.
    pub fn job_succeeds(&mut self, schema_version: u32) {
        let kind = self.running_job().map(|job| Kind::of(&job));
        let message = match kind {
            Some(Kind::Plan) => json!({
                "hash": format!("to-{schema_version}"), "currentVersion": 1, "targetVersion": schema_version,
                "adopt": false, "destructive": false, "changes": [], "contracts": [], "omitted": 0,
                "pending": [{
                    "version": schema_version, "name": "add_locale", "class": "expand", "destructive": false,
                    "locks": ["ACCESS EXCLUSIVE on user"],
                }],
            }),
            Some(Kind::Contract) => json!({"schemaVersion": schema_version, "applied": [6]}),
            Some(Kind::Migrate) | None => json!({
                "schemaVersion": schema_version, "applied": [], "pendingContracts": self.pending_contracts,
            }),
        };
        self.end_job("Complete", 0, &message.to_string());
    }

    /// Somebody approves the plan and the contract that the status shows.
    pub fn approve(&mut self) {
        let status = self.status();
        if let Some(plan) = status.migration.and_then(|migration| migration.plan) {
            self.annotate(APPROVE_MIGRATION_ANNOTATION, &plan.hash);
        }
        if let Some(contract) = status.contract {
            self.annotate(APPROVE_CONTRACT_ANNOTATION, &contract.hash);
        }
    }

    /// Somebody has the first of the Secrets that are gone replaced.
    pub fn approve_replacement(&mut self) {
        let mut recorded = self.status().generated_secrets.into_iter();
        let is_gone = |name: &str| !self.observed.secrets.contains_key(name);
        if let Some(gone) = recorded.find(|recorded| is_gone(&recorded.name)) {
            self.annotate(APPROVE_REPLACEMENT_ANNOTATION, &gone.uid);
        }
    }

    pub fn job_fails(&mut self, exit_code: i32, message: &str) {
        self.end_job("Failed", exit_code, message);
    }

    fn end_job(&mut self, condition: &str, exit_code: i32, message: &str) {
        let Some(running) = self.running_job() else {
            return;
        };
        self.now += 10;
        let mut job = (*running).clone();
        job.status = Some(JobStatus {
            conditions: Some(vec![JobCondition {
                type_: condition.to_owned(),
                status: "True".to_owned(),
                last_transition_time: Some(self.time()),
                ..JobCondition::default()
            }]),
            ..JobStatus::default()
        });
        let terminated = json!({"terminated": {"exitCode": exit_code, "message": message}});
        self.observed.jobs.retain(|live| live.uid() != job.uid());
        self.set_pod(&running, "Failed", &terminated);
        self.observed.jobs.push(Arc::new(job));
    }

    /// Somebody deletes the running Job; its pod goes on for a while.
    pub fn job_is_lost(&mut self) {
        if let Some(running) = self.running_job() {
            self.observed
                .jobs
                .retain(|live| live.uid() != running.uid());
        }
    }

    /// Pods whose Job is gone have ended.
    pub fn orphans_end(&mut self) {
        let uids: BTreeSet<_> = self
            .observed
            .jobs
            .iter()
            .filter_map(|job| job.uid())
            .collect();
        let owned = |pod: &Arc<Pod>| {
            pod.owner_references()
                .iter()
                .any(|owner| uids.contains(&owner.uid))
        };
        self.observed.pods.retain(owned);
    }

    /// Sets what the pod of `job` says.
    pub fn set_pod(&mut self, job: &Job, phase: &str, state: &Value) {
        let uid = job.uid().unwrap();
        for pod in &mut self.observed.pods {
            if pod.owner_references().iter().any(|owner| owner.uid == uid) {
                let status =
                    json!({"phase": phase, "containerStatuses": [container_status(state)]});
                let mut changed = (**pod).clone();
                changed.status = Some(serde_json::from_value(status).unwrap());
                *pod = Arc::new(changed);
            }
        }
    }
}

/// Status of the container `migrate`, complete enough to be read.
fn container_status(state: &Value) -> Value {
    json!({
        "name": "migrate", "image": "server", "imageID": "", "ready": false, "restartCount": 0, "state": state,
    })
}

/// A pod of a part, with the status of its container.
pub fn pod(component: &str, container: &Value) -> Arc<Pod> {
    let mut status = container_status(&json!({}));
    for (key, value) in container.as_object().unwrap() {
        status[key] = value.clone();
    }
    let pod = json!({
        "metadata": {"name": format!("shop-{component}-0"), "labels": {"app.kubernetes.io/component": component}},
        "status": {"phase": "Pending", "containerStatuses": [status]},
    });
    Arc::new(serde_json::from_value(pod).unwrap())
}
