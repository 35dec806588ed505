//! What happens in a life, and how it ends where nothing goes wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use authbackend_crds::v1alpha1::{AuthBackend, DELETION_PROTECTION_ANNOTATION};
use authbackend_testkit::TOO_MUCH_CPU;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::api::events::v1::Event;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::deletion::{is_protected, protect};
use crate::generated::approve_replacement;
use crate::harness::{World, is_ready};

/// A part of a life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scenario {
    /// A new resource.
    Create,
    /// A new image, more pods and other settings for one that serves.
    Upgrade,
    /// Another password of the database, another value of a signing secret, and a new signing secret before it.
    Rotate,
    /// An image whose migration fails, and the way back.
    Fail,
    /// An edit whose pods do not start, and another one once what served serves again.
    Reject,
    /// Another deletion policy, and a deletion that is refused at first.
    Delete,
    /// A generated Secret that was deleted, and the approval of another one.
    Replace,
}

/// How it ends.
#[derive(Debug)]
pub struct Expected {
    /// Writes of the operator.
    pub writes: u64,
    /// All that there is.
    pub state: Value,
}

/// Runs `scenario` with nothing going wrong.
pub async fn undisturbed(scenario: Scenario) -> Arc<Expected> {
    let world = scenario.begin().await;
    let operator = world.operator();
    scenario.drive(&world).await;
    world.rest(&operator).await;
    let expected = Expected {
        writes: operator.metrics.writes(),
        state: world.state().await,
    };
    assert!(expected.writes > 2, "{scenario:?}: {}", expected.writes);
    expected.check_events(&world, "undisturbed").await;
    Arc::new(expected)
}

impl Scenario {
    /// Everything up to the moment at which the operator starts to which something happens.
    pub async fn begin(self) -> World {
        let world = World::new("crash").await;
        world.database_secret().await;
        world.secret("signing", &[("first", SIGNING)]).await;
        let spec = match self {
            Self::Create => {
                world.create(json!({"replicas": 2})).await;
                return world;
            }
            Self::Rotate => json!({"secretRefs": [{"name": "signing", "key": "first"}]}),
            Self::Delete => json!({"database": {"secretRef": null, "managed": {}}}),
            Self::Upgrade | Self::Fail | Self::Reject | Self::Replace => {
                json!({"replicas": 2})
            }
        };
        let operator = world.operator();
        world.create(spec).await;
        world.ready().await;
        world.rest(&operator).await;
        operator.stop().await.unwrap();
        self.change(&world).await;
        world
    }

    /// What the operator finds when it starts.
    async fn change(self, world: &World) {
        match self {
            Self::Create => {}
            Self::Upgrade => {
                let auth =
                    json!({"session": {"expiresIn": 86_400}, "user": {"modelName": "users"}});
                let spec = json!({"image": "server:2", "replicas": 1, "auth": auth});
                world.edit(spec).await;
            }
            Self::Rotate => {
                let url = "postgres://shop:hunter3@db.example:5432/shop";
                world.secret("shop-db", &[("uri", url)]).await;
                let values = [("first", "another-one"), ("second", SIGNING)];
                world.secret("signing", &values).await;
                let refs = ["second", "first"].map(|key| json!({"name": "signing", "key": key}));
                world.edit(json!({"secretRefs": refs})).await;
            }
            Self::Fail => world.edit(json!({"image": "server:bad"})).await,
            Self::Reject => world.edit(cpu("1000")).await,
            Self::Replace => world.delete::<Secret>("shop-signing").await,
            Self::Delete => {
                protect(&world.api(), json!("true")).await;
                is_protected(world).await;
                world.edit(json!({"deletionPolicy": "Delete"})).await;
            }
        }
    }

    /// What people do while the operator works, and the wait until it has done its part.
    pub async fn drive(self, world: &World) {
        match self {
            Self::Create | Self::Upgrade | Self::Rotate => {}
            Self::Fail => {
                world.condition("Stalled", "True", "MigrationFailed").await;
                world.edit(json!({"image": null})).await;
            }
            Self::Reject => {
                world.condition("Stalled", "True", "RolloutFailed").await;
                world
                    .until("shop", "back", |found: &Deployment| !is_rejected(found))
                    .await;
                world.edit(cpu("10m")).await;
            }
            Self::Replace => {
                approve_replacement(world, "shop-signing").await;
                world.until("shop-signing", "made", |_: &Secret| true).await;
            }
            Self::Delete => return delete(world).await,
        }
        world.until("shop", "ready", is_ready).await;
    }
}

fn cpu(cores: &str) -> Value {
    json!({"resources": {"requests": {"cpu": cores}}})
}

fn is_rejected(deployment: &Deployment) -> bool {
    let text = serde_json::to_string(deployment).unwrap();
    text.contains(&format!("\"cpu\":\"{TOO_MUCH_CPU}\""))
}

/// Deletes the AuthBackend once its Secrets would go with it, and all that it owned.
async fn delete(world: &World) {
    for secret in ["shop-signing", "shop-postgres"] {
        let owned = |found: &Secret| !found.owner_references().is_empty();
        world.until(secret, "owned", owned).await;
    }
    let api = world.api::<AuthBackend>();
    let refused = api.delete("shop", &DeleteParams::default()).await;
    assert!(refused.is_err(), "it is protected");
    let patch = json!({"metadata": {"annotations": {DELETION_PROTECTION_ANNOTATION: null}}});
    let params = PatchParams::default();
    let shop = api.patch("shop", &params, &Patch::Merge(patch)).await;
    let uid = shop.unwrap().uid().unwrap();
    world.delete::<AuthBackend>("shop").await;
    world.collect_garbage(&uid).await;
}

const SIGNING: &str = "hunter2-hunter2-hunter2-hunter2-1";

impl Expected {
    /// A migration is announced once at most, whatever happens: an announcement can get lost with its process.
    pub async fn check_events(&self, world: &World, what: &str) {
        let events = world.api::<Event>().list(&ListParams::default()).await;
        let mut counts: BTreeMap<String, i32> = BTreeMap::new();
        for event in events.unwrap() {
            let reason = event.reason.unwrap_or_default();
            if reason.starts_with("Migration") {
                let series = event.series.map_or(1, |series| series.count);
                let text = format!("{reason}: {}", event.note.unwrap_or_default());
                *counts.entry(text).or_default() += series;
            }
        }
        assert!(
            counts.values().all(|count| *count == 1),
            "{what}: {counts:#?}"
        );
    }
}
