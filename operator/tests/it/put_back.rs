//! An edit whose pods do not become ready: the pod template that served before is put back.

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::{CommandLine, Replica, User, World, condition, status, status_of};

/// As much as the simulator lets no pod have.
fn cpu(cores: &str) -> Value {
    json!({"resources": {"requests": {"cpu": cores}}})
}

fn template_of(deployment: &Deployment) -> PodTemplateSpec {
    deployment.spec.clone().unwrap().template
}

async fn template(world: &World) -> PodTemplateSpec {
    template_of(&world.get("shop").await)
}

async fn replica_sets(world: &World) -> usize {
    let found = world.api::<ReplicaSet>().list(&ListParams::default()).await;
    found.unwrap().items.len()
}

/// A world that serves what it did before a bad edit, and the template that it serves with.
async fn put_back(name: &str) -> (World, Replica, PodTemplateSpec) {
    let world = World::new(name).await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({"replicas": 2})).await;
    world.ready().await;
    let before = template(&world).await;
    world.edit(cpu("1000")).await;
    world.condition("Stalled", "True", "RolloutFailed").await;
    let is_back = |found: &Deployment| template_of(found) == before;
    world.until("shop", "back", is_back).await;
    world.rest(&operator).await;
    (world, operator, before)
}

#[tokio::test]
async fn an_edit_that_fails_goes_back_to_the_template_that_served_and_stays_there() {
    let (world, operator, before) = put_back("put-back").await;
    // The ReplicaSet that served is the one that serves again: no pod of it is made anew.
    assert_eq!(replica_sets(&world).await, 2);
    assert_eq!(template(&world).await, before);
    let shop: AuthBackend = world.get("shop").await;
    assert_eq!(status_of(&shop, "Ready"), "False");
    assert_eq!(
        condition(&shop, "Available").unwrap().reason,
        "ServingPreviousVersion"
    );
    assert!(status(&shop).rejected.is_some());
    let events = world.api::<Event>().list(&ListParams::default()).await;
    let told = |event: &&Event| event.reason.as_deref() == Some("RolloutFailed");
    let events = events.unwrap().items;
    let events: Vec<_> = events.iter().filter(told).collect();
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].series.is_none(), "{events:?}");

    // Nor does another process try it again.
    operator.stop().await.unwrap();
    let operator = world.operator();
    world.rest(&operator).await;
    assert_eq!(template(&world).await, before);
    assert_eq!(operator.metrics.writes(), 0);
}

#[tokio::test]
async fn what_is_not_the_template_goes_on_being_applied() {
    let (world, operator, before) = put_back("put-back-scale").await;
    world.edit(json!({"replicas": 3})).await;
    let scaled = |found: &Deployment| found.spec.as_ref().unwrap().replicas == Some(3);
    world.until("shop", "scaled", scaled).await;
    world.rest(&operator).await;
    assert_eq!(template(&world).await, before);
    world.condition("Stalled", "True", "RolloutFailed").await;
}

#[tokio::test]
async fn an_edit_that_is_taken_back_is_forgotten_without_a_rollout() {
    let (world, operator, before) = put_back("put-back-undone").await;
    let generation = |deployment: Deployment| deployment.metadata.generation;
    let served = generation(world.get("shop").await);
    world.edit(json!({"resources": null})).await;
    let shop = world.ready().await;
    world.rest(&operator).await;
    assert_eq!(status(&shop).rejected, None);
    assert_eq!(template(&world).await, before);
    assert_eq!(generation(world.get("shop").await), served);
}

#[tokio::test]
async fn another_edit_is_tried() {
    let (world, _operator, before) = put_back("put-back-good").await;
    world.edit(cpu("10m")).await;
    let shop = world.ready().await;
    assert_eq!(status(&shop).rejected, None);
    assert_ne!(template(&world).await, before);
}

#[tokio::test]
async fn the_command_line_asks_for_the_same_once_more() {
    let (world, operator, before) = put_back("put-back-retry").await;
    let kubectl = CommandLine::of(User::Administrator, &world.namespace).await;
    let overview = kubectl.run(&["status", "shop"]).await.unwrap();
    let advice = "try the same again: kubectl authbackend retry shop";
    assert!(overview.contains(advice), "{overview}");
    let first = status(&world.get("shop").await).rejected.unwrap();
    let jobs = world.jobs().await.len();
    kubectl.run(&["retry", "shop"]).await.unwrap();
    world
        .until("shop", "it is rejected again", |found: &AuthBackend| {
            let rejected = found.status.as_ref().and_then(|it| it.rejected.as_ref());
            rejected.is_some_and(|rejected| rejected.retry != first.retry)
        })
        .await;
    world.rest(&operator).await;
    assert_eq!(template(&world).await, before);
    assert_eq!(world.jobs().await.len(), jobs);
}

#[tokio::test]
async fn a_replica_set_that_is_gone_is_told_and_nothing_is_changed() {
    let world = World::new("put-back-gone").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world.rest(&operator).await;
    operator.stop().await.unwrap();
    let sets = world.api::<ReplicaSet>();
    world.edit(cpu("1000")).await;
    let all = ListParams::default();
    let gone = sets.delete_collection(&DeleteParams::default(), &all).await;
    gone.unwrap();
    let operator = world.operator();
    let shop = world.condition("Stalled", "True", "RolloutFailed").await;
    world.rest(&operator).await;
    let message = &condition(&shop, "Ready").unwrap().message;
    assert!(message.contains("their ReplicaSet is gone"), "{message}");
    assert_eq!(status(&shop).rejected, None);
    assert_eq!(status_of(&shop, "Available"), "True");
}

#[tokio::test]
async fn a_status_of_a_release_that_kept_no_templates_restarts_no_pod() {
    let world = World::new("put-back-adopted").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world.rest(&operator).await;
    operator.stop().await.unwrap();
    let before = versions_of_others(&world).await;
    let patch = json!({"status": {"current": {"template": null}}});
    let api = world.api::<AuthBackend>();
    api.patch_status("shop", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    let operator = world.operator();
    world
        .until(
            "shop",
            "the template is on record",
            |found: &AuthBackend| {
                let current = found.status.as_ref().and_then(|it| it.current.as_ref());
                current.is_some_and(|current| current.template.is_some())
            },
        )
        .await;
    world.rest(&operator).await;
    assert_eq!(versions_of_others(&world).await, before);
}

/// Everything but the resource itself, with its resource version.
async fn versions_of_others(world: &World) -> Vec<String> {
    let mut versions = world.versions().await;
    versions.retain(|version| !version.starts_with("authbackends/"));
    versions
}
