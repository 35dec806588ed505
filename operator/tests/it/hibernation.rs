//! `replicas: 0` on a real API server.

use k8s_openapi::api::apps::v1::Deployment;
use serde_json::json;

use crate::harness::{IMAGE, World, image_of};

#[tokio::test]
async fn one_that_sleeps_migrates_when_it_wakes() {
    let world = World::new("hibernated").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world.edit(json!({"replicas": 0})).await;
    world.condition("Ready", "True", "ScaledToZero").await;
    let before = world.jobs().await.len();
    world.edit(json!({"image": "server:2"})).await;
    world.condition("Ready", "True", "Hibernated").await;
    world.condition("Migrated", "False", "Hibernated").await;
    world.rest(&operator).await;
    assert_eq!(world.jobs().await.len(), before);
    assert_eq!(image_of(&world.get::<Deployment>("shop").await), IMAGE);

    world.edit(json!({"replicas": 1})).await;
    world.condition("Ready", "True", "UpToDate").await;
    assert_eq!(world.jobs().await.len(), before + 1);
    assert_eq!(image_of(&world.get::<Deployment>("shop").await), "server:2");
}
