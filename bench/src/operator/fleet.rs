//! Many `AuthBackends` in some namespaces, each with a database of its own.

use std::collections::HashSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use authbackend_crds::v1alpha1::AuthBackend;
use authbackend_testkit::{Simulator, grant};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;

/// Namespaces over which the fleet is spread.
const NAMESPACES: usize = 10;

/// Objects created at once.
const CONCURRENCY: usize = 8;

/// Longest wait for the next one to get ready.
const PATIENCE: Duration = Duration::from_mins(2);

/// The fleet.
pub struct Fleet {
    client: Client,
    _players: Vec<Simulator>,
}

/// When each of a number of objects got ready, since the first was created.
#[derive(Clone, Debug)]
pub struct Progress(Vec<Duration>);

impl Progress {
    /// Until the last one was ready.
    pub fn took(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }

    /// Seconds, and how many were ready by then.
    #[expect(clippy::cast_precision_loss, reason = "counts of objects")]
    pub fn points(&self) -> Vec<(f64, f64)> {
        let count = |(index, when): (usize, &Duration)| (when.as_secs_f64(), (index + 1) as f64);
        self.0.iter().enumerate().map(count).collect()
    }
}

impl Fleet {
    /// Makes the namespaces, in which the operator gets the rights that the chart gives it.
    pub async fn new(client: Client) -> Result<Self> {
        let mut players = Vec::new();
        for number in 0..NAMESPACES {
            let name = namespace(number);
            let object = Namespace {
                metadata: ObjectMeta {
                    name: Some(name.clone()),
                    ..ObjectMeta::default()
                },
                ..Namespace::default()
            };
            let api = Api::all(client.clone());
            api.create(&PostParams::default(), &object).await?;
            grant(&client, &name).await;
            players.push(Simulator::start(&client, &name));
        }
        Ok(Self {
            client,
            _players: players,
        })
    }

    /// The namespaces.
    pub fn namespaces() -> Vec<String> {
        (0..NAMESPACES).map(namespace).collect()
    }

    /// The API of the namespace of object `number`.
    pub fn api(&self, number: usize) -> Api<AuthBackend> {
        Api::namespaced(self.client.clone(), &namespace(number))
    }

    /// Creates the objects with these numbers and waits until all of them are ready.
    pub async fn grow(&self, numbers: Range<usize>) -> Result<Progress> {
        let start = Instant::now();
        let creating = stream::iter(numbers.clone())
            .map(|number| self.create(number))
            .buffer_unordered(CONCURRENCY)
            .try_for_each(|()| async { Ok(()) });
        let (created, progress) = tokio::join!(creating, self.all_ready(numbers, start));
        created?;
        progress
    }

    async fn create(&self, number: usize) -> Result<()> {
        let (name, namespace) = (name(number), namespace(number));
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": format!("{name}-db")},
            "stringData": {"uri": format!("postgres://shop:hunter2@db.example:5432/{name}")},
        });
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &namespace);
        let params = PatchParams::apply("bench");
        let apply = Patch::Apply(&secret);
        secrets
            .patch(&format!("{name}-db"), &params, &apply)
            .await?;
        let object = json!({
            "apiVersion": "authbackend.dev/v1alpha1", "kind": "AuthBackend", "metadata": {"name": name},
            "spec": {
                "baseURL": format!("https://{name}.example/api"),
                "database": {"secretRef": {"name": format!("{name}-db"), "key": "uri"}},
                "replicas": 1,
            },
        });
        let apply = Patch::Apply(&object);
        self.api(number).patch(&name, &params, &apply).await?;
        Ok(())
    }

    async fn all_ready(&self, numbers: Range<usize>, start: Instant) -> Result<Progress> {
        let mut waiting: HashSet<String> = numbers.map(name).collect();
        let mut ready = Vec::with_capacity(waiting.len());
        let api: Api<AuthBackend> = Api::all(self.client.clone());
        let changes = watcher(api, watcher::Config::default().any_semantic());
        let mut changes = changes.default_backoff().applied_objects().boxed();
        while !waiting.is_empty() {
            let change = tokio::time::timeout(PATIENCE, changes.next()).await;
            let Ok(change) = change else {
                let one = waiting.iter().next().map_or("none", String::as_str);
                bail!("{} do not get ready, {one} among them", waiting.len());
            };
            let Ok(found) = change.context("the watch ended")? else {
                continue;
            };
            if is_ready(&found) && waiting.remove(&found.name_any()) {
                ready.push(start.elapsed());
            }
        }
        Ok(Progress(ready))
    }
}

/// The name of object `number`.
pub fn name(number: usize) -> String {
    format!("shop-{number}")
}

fn namespace(number: usize) -> String {
    format!("team-{}", number % NAMESPACES)
}

fn is_ready(found: &AuthBackend) -> bool {
    let mut conditions = found.status.iter().flat_map(|status| &status.conditions);
    conditions.any(|condition| {
        condition.type_ == "Ready"
            && condition.status == "True"
            && condition.observed_generation == found.metadata.generation
    })
}
