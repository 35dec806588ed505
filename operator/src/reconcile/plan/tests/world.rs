//! A cluster in memory that does what a plan says, so that tests meet only states that can come about.

mod jobs;
mod replica_sets;
mod secrets;

use std::sync::Arc;

use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendStatus};
use k8s_openapi::ByteString;
use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentCondition, DeploymentStatus, StatefulSetStatus,
};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;
use kube::api::DynamicObject;
use kube::{Resource as _, ResourceExt as _};
use serde_json::{Value, json};

use crate::config::OperatorConfig;
use crate::optional::OptionalApi;
use crate::reconcile::conditions::find;
use crate::reconcile::observed::Observed;
use crate::reconcile::plan::{DeletionKind, Plan, Resources, plan};

pub use jobs::pod;

pub const NAMESPACE: &str = "team-a";
pub const SERVER_IMAGE: &str = "registry.example/authbackend/server:1.0.0";
const RANDOM: &str = "0123456789abcdefghijklmnopqrstuv";

/// The cluster.
#[derive(Clone)]
pub struct World {
    pub observed: Observed,
    pub config: OperatorConfig,
    pub now: i64,
    /// What migrations that succeed report as contracts that wait.
    pub pending_contracts: Vec<i64>,
    next_uid: u32,
}

/// `shop` on the database of the Secret `shop-db`, with `change` put into its spec.
pub fn spec_with(change: &Value) -> Value {
    let mut spec = json!({
        "baseURL": "https://shop.example/api",
        "database": {"secretRef": {"name": "shop-db", "key": "uri"}},
    });
    for (key, value) in change.as_object().unwrap() {
        spec[key] = value.clone();
    }
    spec
}

impl World {
    /// A world in which somebody has just created an AuthBackend with `spec`, and the Secrets that it names.
    pub fn new(spec: &Value) -> Self {
        Self::with(&json!({
            "apiVersion": "authbackend.dev/v1alpha1",
            "kind": "AuthBackend",
            "metadata": {"name": "shop", "namespace": NAMESPACE},
            "spec": spec,
        }))
    }

    /// A world with `auth_backend`, which has to pass the rules of the schema, and the Secrets that it names.
    pub fn with(auth_backend: &Value) -> Self {
        let mut auth_backend: AuthBackend = serde_json::from_value(auth_backend.clone()).unwrap();
        auth_backend.validate_cel().unwrap();
        auth_backend.metadata.uid = Some("uid-shop".to_owned());
        auth_backend.metadata.generation = Some(1);
        let mut world = Self {
            observed: Observed {
                auth_backend: Arc::new(auth_backend),
                served: OptionalApi::ALL.into(),
                ..Observed::default()
            },
            config: OperatorConfig {
                server_image: SERVER_IMAGE.to_owned(),
                postgres_image: "registry.example/postgres:17".to_owned(),
                image_pull_secrets: Vec::new(),
                assigned_user_ids: false,
            },
            now: 1_000_000,
            pending_contracts: Vec::new(),
            next_uid: 0,
        };
        world.create_secrets();
        world
    }

    /// A world in which `spec` serves.
    pub fn serving(spec: &Value) -> Self {
        let mut world = Self::new(spec);
        world.converge();
        assert_eq!(
            world.condition("Ready").status,
            "True",
            "{:?}",
            world.condition("Ready")
        );
        world
    }

    /// A ConfigMap of the server's part that the AuthBackend owns.
    pub fn put_config_map(&mut self, name: &str) {
        let mut config_map = ConfigMap::default();
        config_map.metadata.name = Some(name.to_owned());
        config_map.metadata.uid = Some(format!("uid-{name}"));
        let owner = self.observed.auth_backend.controller_owner_ref(&());
        config_map.metadata.owner_references = owner.map(|owner| vec![owner]);
        self.observed.config_maps.push(Arc::new(config_map));
    }

    /// Changes the spec as a user does.
    pub fn edit(&mut self, change: &Value) {
        let mut value = serde_json::to_value(&*self.observed.auth_backend).unwrap();
        for (key, new) in change.as_object().unwrap() {
            match new {
                Value::Null => drop(value["spec"].as_object_mut().unwrap().remove(key)),
                new => value["spec"][key] = new.clone(),
            }
        }
        let mut edited: AuthBackend = serde_json::from_value(value).unwrap();
        edited.metadata.generation = edited.metadata.generation.map(|generation| generation + 1);
        self.observed.auth_backend = Arc::new(edited);
    }

    /// Sets an annotation of the AuthBackend.
    pub fn annotate(&mut self, key: &str, value: &str) {
        let mut annotated = (*self.observed.auth_backend).clone();
        annotated
            .annotations_mut()
            .insert(key.to_owned(), value.to_owned());
        self.observed.auth_backend = Arc::new(annotated);
    }

    /// What is planned now.
    pub fn plan(&self) -> Plan {
        plan(
            &self.read(),
            Timestamp::from_second(self.now).unwrap(),
            &self.config,
        )
    }

    /// Plans, and does all of it.
    pub fn step(&mut self) -> Plan {
        let plan = self.plan();
        self.write_status(&plan.status);
        self.apply(&plan);
        plan
    }

    /// Plans and does until Jobs have succeeded, pods are up, and nothing changes any longer.
    pub fn converge(&mut self) {
        for _ in 0..12 {
            let before = self.observed.auth_backend.status.clone();
            self.step();
            self.database_gets_ready();
            self.job_succeeds(1);
            self.pods_get_ready();
            if self.observed.auth_backend.status == before {
                return;
            }
        }
        panic!("does not come to rest: {:?}", self.status());
    }

    pub fn write_status(&mut self, status: &AuthBackendStatus) {
        self.now += 1;
        let mut written = (*self.observed.auth_backend).clone();
        written.status = Some(status.clone());
        self.observed.auth_backend = Arc::new(written);
    }

    /// Does what a plan says, apart from the status.
    pub fn apply(&mut self, plan: &Plan) {
        for generated in &plan.generate {
            let mut secret = generated.fill(RANDOM);
            let values = secret.string_data.take().into_iter().flatten();
            secret.data = Some(
                values
                    .map(|(key, value)| (key, ByteString(value.into_bytes())))
                    .collect(),
            );
            self.store_secret(secret);
        }
        for deletion in &plan.delete {
            match deletion.kind {
                DeletionKind::Job => self
                    .observed
                    .jobs
                    .retain(|job| job.uid().as_ref() != Some(&deletion.uid)),
                DeletionKind::ConfigMap => self
                    .observed
                    .config_maps
                    .retain(|live| live.uid().as_ref() != Some(&deletion.uid)),
                DeletionKind::PodDisruptionBudget => self.observed.pod_disruption_budget = None,
                DeletionKind::HorizontalPodAutoscaler => {
                    self.observed.horizontal_pod_autoscaler = None;
                }
                DeletionKind::Ingress => self.observed.ingress = None,
                DeletionKind::NetworkPolicy if deletion.name == "shop" => {
                    self.observed.network_policy = None;
                }
                DeletionKind::NetworkPolicy => self.observed.postgres_network_policy = None,
                DeletionKind::Optional(api) => drop(self.observed.optional.remove(&api)),
            }
        }
        self.apply_resources(plan.apply.clone());
    }

    fn apply_resources(&mut self, resources: Resources) {
        let observed = &mut self.observed;
        if let Some(mut new) = resources.config_map {
            let name = new.name_any();
            observed.config_maps.retain(|live| live.name_any() != name);
            new.metadata.uid = Some(format!("uid-{name}"));
            observed.config_maps.push(Arc::new(new));
        }
        if let Some(new) = resources.service_account {
            observed.service_account = Some(Arc::new(new));
        }
        if let Some(new) = resources.service {
            observed.service = Some(Arc::new(new));
        }
        if let Some(mut new) = resources.pod_disruption_budget {
            new.metadata.uid = Some("uid-pdb".to_owned());
            observed.pod_disruption_budget = Some(Arc::new(new));
        }
        if let Some(mut new) = resources.horizontal_pod_autoscaler {
            new.metadata.uid = Some("uid-hpa".to_owned());
            observed.horizontal_pod_autoscaler = Some(Arc::new(new));
        }
        if let Some(mut new) = resources.ingress {
            new.metadata.uid = Some("uid-ingress".to_owned());
            observed.ingress = Some(Arc::new(new));
        }
        if let Some(mut new) = resources.network_policy {
            new.metadata.uid = Some("uid-policy".to_owned());
            observed.network_policy = Some(Arc::new(new));
        }
        if let Some(mut new) = resources.postgres_network_policy {
            new.metadata.uid = Some("uid-postgres-policy".to_owned());
            observed.postgres_network_policy = Some(Arc::new(new));
        }
        for (api, mut new) in resources.optional {
            new.metadata.uid = Some(format!("uid-{}", api.plural()));
            let live = observed.optional.get(&api);
            let status = live.map_or_else(
                || well(api, &new.data["spec"]),
                |live| live.data["status"].clone(),
            );
            new.data["status"] = status;
            observed.optional.insert(api, Arc::new(new));
        }
        if let Some(new) = resources.postgres_service {
            observed.postgres_service = Some(Arc::new(new));
        }
        if let Some(mut new) = resources.postgres_stateful_set {
            new.status = observed
                .postgres_stateful_set
                .as_ref()
                .and_then(|live| live.status.clone());
            observed.postgres_stateful_set = Some(Arc::new(new));
        }
        if let Some(deployment) = resources.deployment {
            self.apply_deployment(deployment);
        }
        if let Some(job) = resources.migration_job {
            self.create_job(job);
        }
    }

    fn apply_deployment(&mut self, mut new: Deployment) {
        let live = self.observed.deployment.as_deref();
        let mut spec = new.spec.clone().unwrap();
        spec.replicas = spec
            .replicas
            .or(live.and_then(|live| live.spec.as_ref()?.replicas))
            .or(Some(1));
        new.spec = Some(spec);
        let same = live.is_some_and(|live| live.spec == new.spec);
        let generation = live.and_then(|live| live.metadata.generation).unwrap_or(0);
        new.metadata.generation = Some(if same { generation } else { generation + 1 });
        new.metadata.managed_fields = live.and_then(|live| live.metadata.managed_fields.clone());
        new.status = live.and_then(|live| live.status.clone());
        new.metadata.uid = Some("uid-deployment".to_owned());
        self.keep_template(&new);
        self.observed.deployment = Some(Arc::new(new));
    }

    pub fn time(&self) -> Time {
        Time(Timestamp::from_second(self.now).unwrap())
    }

    pub(super) fn uid(&mut self, kind: &str) -> String {
        self.next_uid += 1;
        format!("{kind}-{}", self.next_uid)
    }

    /// The Cluster of CloudNativePG as it says of itself.
    pub fn put_cluster(&mut self, ready: bool, phase: &str) {
        let api = OptionalApi::Cluster;
        let ready = if ready { "True" } else { "False" };
        let mut cluster = DynamicObject::new("shop-pg", &api.resource());
        cluster.data =
            json!({"status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]}});
        self.observed.optional.insert(api, Arc::new(cluster));
    }

    /// What the controller of an optional API says of the object `shop`.
    pub fn controller_says(&mut self, api: OptionalApi, status: Value) {
        let live = self.observed.optional.get_mut(&api).unwrap();
        Arc::make_mut(live).data["status"] = status;
    }

    pub fn database_gets_ready(&mut self) {
        if self.observed.auth_backend.spec.database.cnpg.is_some() {
            self.put_cluster(true, "Cluster in healthy state");
        }
        if let Some(live) = &mut self.observed.postgres_stateful_set {
            let mut ready = (**live).clone();
            ready.status = Some(StatefulSetStatus {
                ready_replicas: Some(1),
                ..StatefulSetStatus::default()
            });
            *live = Arc::new(ready);
        }
    }

    /// Every pod is replaced and available.
    pub fn pods_get_ready(&mut self) {
        let wanted = self.wanted_pods();
        self.set_rollout([wanted, wanted, wanted], None);
    }

    /// Pods that the Deployment asks for.
    pub fn wanted_pods(&self) -> i32 {
        let deployment = self.observed.deployment.as_ref();
        deployment
            .and_then(|live| live.spec.as_ref()?.replicas)
            .unwrap_or(0)
    }

    /// Sets the numbers of pods, updated pods and available pods, and the reason of the condition `Progressing`.
    pub fn set_rollout(
        &mut self,
        [replicas, updated, available]: [i32; 3],
        progressing: Option<&str>,
    ) {
        let Some(live) = &mut self.observed.deployment else {
            return;
        };
        let mut changed = (**live).clone();
        let condition = progressing.map(|reason| DeploymentCondition {
            type_: "Progressing".to_owned(),
            status: "False".to_owned(),
            reason: Some(reason.to_owned()),
            message: Some("ReplicaSet has timed out progressing.".to_owned()),
            ..DeploymentCondition::default()
        });
        changed.status = Some(DeploymentStatus {
            observed_generation: changed.metadata.generation,
            replicas: Some(replicas),
            updated_replicas: Some(updated),
            available_replicas: Some(available),
            ready_replicas: Some(available),
            conditions: condition.map(|condition| vec![condition]),
            ..DeploymentStatus::default()
        });
        *live = Arc::new(changed);
    }

    pub fn status(&self) -> AuthBackendStatus {
        self.observed
            .auth_backend
            .status
            .clone()
            .unwrap_or_default()
    }

    /// The condition on record; panics where there is none.
    pub fn condition(&self, type_: &str) -> Condition {
        self.find_condition(type_)
            .unwrap_or_else(|| panic!("no condition {type_}"))
    }

    pub fn find_condition(&self, type_: &str) -> Option<Condition> {
        find(&self.status().conditions, type_).cloned()
    }

    /// Status and reason of a condition on record.
    pub fn verdict(&self, type_: &str) -> (String, String) {
        let condition = self.condition(type_);
        (condition.status, condition.reason)
    }

    /// Image of the pods.
    pub fn deployed_image(&self) -> Option<String> {
        let spec = self.observed.deployment.as_ref()?.spec.as_ref()?;
        spec.template
            .spec
            .as_ref()?
            .containers
            .first()?
            .image
            .clone()
    }
}

/// The status of an object of an optional API with this spec, with which all is well.
fn well(api: OptionalApi, spec: &Value) -> Value {
    let holds = |type_: &str| json!({"type": type_, "status": "True"});
    let taken = |parent: &Value| {
        let conditions = [holds("Accepted"), holds("ResolvedRefs")];
        json!({"parentRef": parent, "conditions": conditions})
    };
    let parents = spec["parentRefs"].as_array().into_iter().flatten();
    match api {
        OptionalApi::HttpRoute => json!({"parents": parents.map(taken).collect::<Vec<_>>()}),
        OptionalApi::Certificate => json!({"conditions": [holds("Ready")]}),
        OptionalApi::Cluster | OptionalApi::PodMonitor | OptionalApi::ServiceMonitor => Value::Null,
    }
}

/// An image to upgrade to.
pub const NEW_IMAGE: &str = "registry.example/authbackend/server:2.0.0";

/// The smallest spec.
pub fn minimal() -> Value {
    spec_with(&json!({}))
}

/// The smallest spec with a managed database.
pub fn managed() -> Value {
    spec_with(&json!({"database": {"managed": {}}}))
}

/// Status and reason of a condition.
pub fn verdict(status: &str, reason: &str) -> (String, String) {
    (status.to_owned(), reason.to_owned())
}

/// A world on its way to a new image, whose Job runs.
pub fn upgrading() -> World {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"image": NEW_IMAGE}));
    world.step();
    world
}
