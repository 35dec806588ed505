//! What somebody else changes is put right, and nothing is written while nothing differs.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::{IMAGE, Replica, World, image_of};

async fn running() -> (World, Replica) {
    let world = World::new("drift").await;
    world.database_secret().await;
    let operator = world.operator();
    // Also values that the server stores in another spelling.
    world
        .create(json!({
            "replicas": 2,
            "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}},
            "env": [{"name": "LOG_LEVEL", "value": "debug"}],
        }))
        .await;
    world.ready().await;
    (world, operator)
}

async fn patch_deployment(world: &World, patch: Value) {
    let api = world.api::<Deployment>();
    api.patch("shop", &PatchParams::default(), &Patch::Strategic(patch))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_changed_field_is_put_right() {
    let (world, _operator) = running().await;
    patch_deployment(
        &world,
        json!({"spec": {"template": {"spec": {"containers": [
            {"name": "server", "image": "somebody:else"},
        ]}}}}),
    )
    .await;
    world
        .until("shop", "put right", |found: &Deployment| {
            image_of(found) == IMAGE
        })
        .await;
    world.ready().await;
}

#[tokio::test]
async fn a_removed_field_is_put_right() {
    let (world, _operator) = running().await;
    let key = "app.kubernetes.io/part-of";
    patch_deployment(&world, json!({"metadata": {"labels": {key: null}}})).await;
    world
        .until("shop", "put right", |found: &Deployment| {
            found.labels().contains_key(key)
        })
        .await;
}

#[tokio::test]
async fn a_field_that_another_manager_took_by_force_is_taken_back() {
    let (world, _operator) = running().await;
    let theirs = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"},
        "spec": {"replicas": 7},
    });
    let params = PatchParams::apply("somebody").force();
    let api = world.api::<Deployment>();
    api.patch("shop", &params, &Patch::Apply(&theirs))
        .await
        .unwrap();
    world
        .until("shop", "taken back", |found: &Deployment| {
            found.spec.as_ref().and_then(|spec| spec.replicas) == Some(2)
        })
        .await;
}

#[tokio::test]
async fn fields_that_are_not_declared_are_left_to_others() {
    let (world, _operator) = running().await;
    patch_deployment(
        &world,
        json!({"metadata": {"annotations": {"theirs": "1"}}}),
    )
    .await;
    world.edit(json!({"replicas": 3})).await;
    let found = world
        .until("shop", "scaled", |found: &Deployment| {
            found.spec.as_ref().and_then(|spec| spec.replicas) == Some(3)
        })
        .await;
    assert_eq!(
        found.annotations().get("theirs").map(String::as_str),
        Some("1")
    );
}

#[tokio::test]
async fn deleted_objects_are_made_again() {
    let (world, _operator) = running().await;
    world.delete::<Deployment>("shop").await;
    world.delete::<Service>("shop").await;
    let settings = world.only_settings().await;
    world.delete::<ConfigMap>(&settings).await;
    world.delete::<ServiceAccount>("shop").await;
    world
        .until("shop", "made again", |_: &Deployment| true)
        .await;
    world.until("shop", "made again", |_: &Service| true).await;
    world
        .until(&settings, "made again", |_: &ConfigMap| true)
        .await;
    world
        .until("shop", "made again", |_: &ServiceAccount| true)
        .await;
    world.ready().await;
    assert_eq!(world.jobs().await.len(), 1, "the schema is still there");
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_deleted() {
    let (world, _operator) = running().await;
    world
        .until("shop", "made", |_: &PodDisruptionBudget| true)
        .await;
    world.edit(json!({"replicas": 1})).await;
    world.gone::<PodDisruptionBudget>("shop").await;
    world.ready().await;
}

#[tokio::test]
async fn what_is_not_wanted_any_more_since_the_operator_was_away_is_deleted() {
    let (world, operator) = running().await;
    operator.stop().await.unwrap();
    world.edit(json!({"replicas": 1})).await;
    let _operator = world.operator();
    world.gone::<PodDisruptionBudget>("shop").await;
}

#[tokio::test]
async fn what_is_neither_wanted_nor_there_is_not_read() {
    let (world, operator) = running().await;
    // By then the watches have told what there is.
    world.rest(&operator).await;
    let before = reads(&operator, "ingresses");
    world.edit(json!({"replicas": 3})).await;
    world.ready().await;
    assert_eq!(reads(&operator, "ingresses"), before);
}

/// How often `operator` has read an object of `resource`.
fn reads(operator: &Replica, resource: &str) -> u64 {
    let series =
        format!("authbackend_operator_api_requests_total{{resource=\"{resource}\",verb=\"get\"}} ");
    let text = operator.metrics.encode();
    let count = text.lines().find_map(|line| line.strip_prefix(&series));
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn nothing_is_written_at_rest() {
    let (world, operator) = running().await;
    world.rest(&operator).await;
    let (versions, writes) = (world.versions().await, operator.metrics.writes());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(world.versions().await, versions);
    assert_eq!(operator.metrics.writes(), writes);
}

#[tokio::test]
async fn a_restart_writes_nothing() {
    let (world, operator) = running().await;
    world.rest(&operator).await;
    operator.stop().await.unwrap();
    let versions = world.versions().await;
    let operator = world.operator();
    world.rest(&operator).await;
    assert_eq!(world.versions().await, versions);
    assert_eq!(operator.metrics.writes(), 0);
}
