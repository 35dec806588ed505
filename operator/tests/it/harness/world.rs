//! A namespace of its own for each test, with replicas of the operator in this process.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendStatus};
use authbackend_operator::config::OperatorConfig;
use authbackend_operator::health::{Health, Phase};
use authbackend_operator::lease::Timing;
use authbackend_operator::metrics::Metrics;
use authbackend_operator::run::Operator;
use authbackend_testkit::{Simulator, User, grant};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::line::Line;
use super::proxy::Proxy;
use super::replica::Replica;
use super::{server, state};

/// How long a test waits for what must happen.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Name of the operators' lease.
pub const LEASE: &str = "authbackend-operator";

/// The image that the operator's installation names.
pub const IMAGE: &str = "server:1";

/// A namespace of its own.
pub struct World {
    /// A client that may do everything.
    pub client: Client,
    /// A client that may do what the chart lets the operator do, and no more.
    pub operator_client: Client,
    /// The namespace.
    pub namespace: String,
    simulator: Option<Simulator>,
}

impl World {
    /// A namespace in which Jobs and Deployments are played.
    pub async fn new(name: &str) -> Self {
        let mut world = Self::without_simulator(name).await;
        world.simulator = Some(world.simulate());
        world
    }

    /// From now on Jobs and Deployments are played.
    pub fn simulate(&self) -> Simulator {
        Simulator::start(&self.client, &self.namespace)
    }

    /// A namespace in which nothing happens by itself.
    pub async fn without_simulator(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let client = Client::try_from(server::config(User::Administrator).await).unwrap();
        let operator_client = Client::try_from(server::config(User::Operator).await).unwrap();
        server::install(&client).await;
        let namespace = format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let object = Namespace {
            metadata: ObjectMeta {
                name: Some(namespace.clone()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        Api::all(client.clone())
            .create(&PostParams::default(), &object)
            .await
            .unwrap();
        grant(&client, &namespace).await;
        Self {
            client,
            operator_client,
            namespace,
            simulator: None,
        }
    }

    /// Starts the only replica of the operator.
    pub fn operator(&self) -> Replica {
        self.replica(self.operator_client.clone(), "operator-0", None)
    }

    /// Starts a replica that reaches the API server by `client`.
    pub fn replica(&self, client: Client, identity: &str, election: Option<Timing>) -> Replica {
        let namespaces = vec![self.namespace.clone()];
        self.replica_in(namespaces, client, identity, election)
    }

    /// Starts the only replica of an operator that watches the namespace `other` too.
    pub fn operator_also_in(&self, other: &str) -> Replica {
        let namespaces = vec![other.to_owned(), self.namespace.clone()];
        self.replica_in(namespaces, self.operator_client.clone(), "operator-0", None)
    }

    fn replica_in(
        &self,
        namespaces: Vec<String>,
        client: Client,
        identity: &str,
        election: Option<Timing>,
    ) -> Replica {
        let operator = Operator {
            config: OperatorConfig {
                server_image: IMAGE.to_owned(),
                postgres_image: "postgres:17".to_owned(),
                image_pull_secrets: Vec::new(),
                assigned_user_ids: false,
            },
            namespaces,
            identity: identity.to_owned(),
            namespace: self.namespace.clone(),
            lease: LEASE.to_owned(),
            election,
            health: Health::default(),
            metrics: Metrics::default(),
        };
        Replica::start(operator, client)
    }

    /// An API of this namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates AuthBackend `shop` with `spec`, which is completed by a base URL and a database.
    pub async fn create(&self, spec: Value) -> AuthBackend {
        self.try_create(spec)
            .await
            .unwrap_or_else(|error| panic!("refused: {error}"))
    }

    /// As [`Self::create`]; the error is the server's.
    pub async fn try_create(&self, spec: Value) -> Result<AuthBackend, kube::Error> {
        let mut complete = json!({
            "baseURL": "https://shop.example/api",
            "database": {"secretRef": {"name": "shop-db", "key": "uri"}},
        });
        merge(&mut complete, spec);
        self.try_create_exactly(complete).await
    }

    /// Creates AuthBackend `shop` with exactly this `spec`.
    pub async fn try_create_exactly(&self, spec: Value) -> Result<AuthBackend, kube::Error> {
        let object = json!({
            "apiVersion": "authbackend.dev/v1alpha1",
            "kind": "AuthBackend",
            "metadata": {"name": "shop"},
            "spec": spec,
        });
        let params = PatchParams::apply("test").validation_strict();
        self.api()
            .patch("shop", &params, &Patch::Apply(&object))
            .await
    }

    /// Changes `spec` of AuthBackend `shop` by a merge patch.
    pub async fn edit(&self, spec: Value) {
        let patch = Patch::Merge(json!({"spec": spec}));
        let api: Api<AuthBackend> = self.api();
        api.patch("shop", &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    /// Creates the Secret with the URL of the database.
    pub async fn database_secret(&self) {
        self.secret(
            "shop-db",
            &[("uri", "postgres://shop:hunter2@db.example:5432/shop")],
        )
        .await;
    }

    /// Creates or changes a Secret.
    pub async fn secret(&self, name: &str, values: &[(&str, &str)]) {
        let data: serde_json::Map<_, _> = values
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data});
        let api: Api<Secret> = self.api();
        api.patch(name, &PatchParams::apply("test"), &Patch::Apply(&object))
            .await
            .unwrap();
    }

    /// Deletes an object.
    pub async fn delete<K>(&self, name: &str)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        self.api::<K>()
            .delete(name, &DeleteParams::background())
            .await
            .unwrap();
    }

    /// An object that must exist.
    pub async fn get<K>(&self, name: &str) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        self.api::<K>().get(name).await.unwrap()
    }

    /// An object that may exist.
    pub async fn find<K>(&self, name: &str) -> Option<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        self.api::<K>().get_opt(name).await.unwrap()
    }

    /// All Jobs.
    pub async fn jobs(&self) -> Vec<Job> {
        self.api::<Job>()
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
    }

    /// Waits until the object `name` is as `wanted`.
    pub async fn until<K>(&self, name: &str, what: &str, wanted: impl Fn(&K) -> bool) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let start = std::time::Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(found) = self.find::<K>(name).await
                && wanted(&found)
            {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let status = self
            .find::<AuthBackend>("shop")
            .await
            .and_then(|found| found.status);
        let found = self.find::<K>(name).await;
        panic!(
            "{} {name}: {what}: not within {PATIENCE:?}\n{status:#?}\n{found:#?}",
            K::kind(&())
        );
    }

    /// Waits until the object `name` is gone.
    pub async fn gone<K>(&self, name: &str)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let start = std::time::Instant::now();
        while self.find::<K>(name).await.is_some() {
            assert!(
                start.elapsed() < PATIENCE,
                "{} {name} is still there",
                K::kind(&())
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until `operator` has been leading and has written nothing for two seconds.
    pub async fn rest(&self, operator: &Replica) {
        let start = std::time::Instant::now();
        let mut last = (operator.metrics.writes(), std::time::Instant::now());
        while operator.health.phase() != Phase::Leading || last.1.elapsed() < Duration::from_secs(2)
        {
            assert!(
                start.elapsed() < PATIENCE,
                "the operator does not come to rest"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
            let writes = operator.metrics.writes();
            if writes != last.0 {
                last = (writes, std::time::Instant::now());
            }
        }
    }

    /// All events as JSON.
    pub async fn events(&self) -> String {
        let events = self
            .api::<Event>()
            .list(&ListParams::default())
            .await
            .unwrap();
        serde_json::to_string(&events.items).unwrap()
    }

    /// Waits until the AuthBackend is ready, in its newest generation.
    pub async fn ready(&self) -> AuthBackend {
        self.until("shop", "ready", is_ready).await
    }

    /// Waits until a condition of the newest generation has this status and reason.
    pub async fn condition(&self, type_: &str, status: &str, reason: &str) -> AuthBackend {
        let what = format!("{type_}={status} {reason}");
        self.until("shop", &what, |found: &AuthBackend| {
            condition(found, type_).is_some_and(|c| {
                c.status == status
                    && c.reason == reason
                    && c.observed_generation == found.metadata.generation
            })
        })
        .await
    }

    /// Everything of the namespace that the operator makes or writes, with its resource version.
    pub async fn versions(&self) -> Vec<String> {
        let objects = state::objects(&self.client, &self.namespace).await;
        let version = |object: &Value| object["metadata"]["resourceVersion"].to_string();
        objects
            .iter()
            .map(|(name, object)| format!("{name} {}", version(object)))
            .collect()
    }

    /// Everything of the namespace that the operator makes or writes, without what differs from run to run.
    pub async fn state(&self) -> Value {
        state::comparable(state::objects(&self.client, &self.namespace).await)
    }

    /// Waits until [`Self::state`] is `expected`.
    pub async fn settles(&self, expected: &Value, what: &str) {
        let start = std::time::Instant::now();
        loop {
            let found = self.state().await;
            if found == *expected {
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{what}: {}",
                state::difference(&found, expected)
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Plays the garbage collector, until nothing is left that the owner with this uid had.
    pub async fn collect_garbage(&self, owner: &str) {
        while state::collect_garbage(&self.client, &self.namespace, owner).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Plays the garbage collector after a deletion that leaves what the owner with this uid had.
    pub async fn release(&self, owner: &str) {
        state::release(&self.client, &self.namespace, owner).await;
    }

    /// A client that reaches the API server through a proxy.
    pub async fn proxied_client(&self) -> (Client, Proxy) {
        let mut config = server::config(User::Operator).await;
        let port = config.cluster_url.port_u16().expect("a port of its own");
        let proxy = Proxy::to(([127, 0, 0, 1], port).into()).await;
        let url = format!("https://{}", proxy.address());
        config.cluster_url = url.parse().unwrap();
        (Client::try_from(config).unwrap(), proxy)
    }

    /// A client whose line to the API server can be cut.
    pub fn cuttable_client(&self) -> (Client, Line) {
        let line = Line::default();
        (line.client(self.operator_client.clone()), line)
    }
}

/// A condition of an AuthBackend.
pub fn condition<'a>(auth_backend: &'a AuthBackend, type_: &str) -> Option<&'a Condition> {
    let conditions = auth_backend
        .status
        .iter()
        .flat_map(|status| &status.conditions);
    conditions
        .into_iter()
        .find(|condition| condition.type_ == type_)
}

/// Status of a condition; empty if it is absent.
pub fn status_of(auth_backend: &AuthBackend, type_: &str) -> String {
    condition(auth_backend, type_)
        .map(|c| c.status.clone())
        .unwrap_or_default()
}

/// Whether the newest generation is ready.
pub fn is_ready(auth_backend: &AuthBackend) -> bool {
    condition(auth_backend, "Ready").is_some_and(|c| {
        c.status == "True" && c.observed_generation == auth_backend.metadata.generation
    })
}

/// The status, which must exist.
pub fn status(auth_backend: &AuthBackend) -> AuthBackendStatus {
    auth_backend
        .status
        .clone()
        .unwrap_or_else(|| panic!("{} has no status", auth_backend.name_any()))
}

/// The image that a Deployment's pods run.
pub fn image_of(deployment: &Deployment) -> String {
    let template = &deployment
        .spec
        .as_ref()
        .expect("a Deployment has a spec")
        .template;
    let pod = template.spec.as_ref().expect("a template has a spec");
    pod.containers[0].image.clone().unwrap_or_default()
}

/// A merge patch, as RFC 7386 has it.
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (field, value) in patch {
                if value.is_null() {
                    target.remove(&field);
                } else {
                    merge(target.entry(field).or_insert(Value::Null), value);
                }
            }
        }
        (target, patch) => *target = patch,
    }
}
