//! Settings reach the pods by a ConfigMap of their own.

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Resource as _;
use kube::ResourceExt as _;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::harness::{DEFAULT_SETTINGS, World, image_of};

async fn running() -> World {
    let world = World::new("settings").await;
    world.database_secret().await;
    world
}

fn mounted(deployment: &Deployment) -> Option<String> {
    let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
    let mut volumes = pod.volumes.iter().flatten();
    volumes.find_map(|volume| Some(volume.config_map.as_ref()?.name.clone()))
}

#[tokio::test]
async fn other_settings_are_another_object_and_those_of_before_go() {
    let world = running().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    assert_eq!(world.only_settings().await, DEFAULT_SETTINGS);
    let auth = json!({"session": {"expiresIn": 86_400}});
    world.edit(json!({"auth": auth})).await;
    world.gone::<ConfigMap>(DEFAULT_SETTINGS).await;
    let settings = world.only_settings().await;
    assert_eq!(mounted(&world.get("shop").await), Some(settings));
}

#[tokio::test]
async fn settings_of_before_stay_while_their_pods_run() {
    let world = running().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let auth = json!({"session": {"expiresIn": 86_400}});
    world
        .edit(json!({"image": "server:broken", "auth": auth}))
        .await;
    world
        .until("shop", "the new image", |found: &Deployment| {
            image_of(found) == "server:broken"
        })
        .await;
    world.condition("Ready", "False", "RollingOut").await;
    assert_eq!(world.settings().await.len(), 2);
}

#[tokio::test]
async fn settings_cannot_be_changed_by_hand() {
    let world = running().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let patch = Patch::Merge(json!({"data": {"config.yaml": "session: {expiresIn: 60}"}}));
    let api = world.api::<ConfigMap>();
    let refused = api
        .patch(DEFAULT_SETTINGS, &PatchParams::default(), &patch)
        .await;
    assert!(refused.unwrap_err().to_string().contains("immutable"));
}

#[tokio::test]
async fn labels_that_somebody_removed_from_settings_are_put_back() {
    let world = running().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let patch = Patch::Merge(json!({"metadata": {"labels": null}}));
    let api = world.api::<ConfigMap>();
    api.patch(DEFAULT_SETTINGS, &PatchParams::default(), &patch)
        .await
        .unwrap();
    world
        .until(DEFAULT_SETTINGS, "labelled", |found: &ConfigMap| {
            !found.labels().is_empty()
        })
        .await;
    world.ready().await;
}

#[tokio::test]
async fn the_object_of_an_earlier_release_goes() {
    let world = running().await;
    let operator = world.operator();
    world.create(json!({})).await;
    let shop: AuthBackend = world.ready().await;
    world.rest(&operator).await;
    let of_today: ConfigMap = world.get(DEFAULT_SETTINGS).await;
    let earlier = ConfigMap {
        metadata: ObjectMeta {
            name: Some("shop-config".to_owned()),
            labels: of_today.metadata.labels,
            owner_references: shop.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    };
    let api = world.api::<ConfigMap>();
    api.create(&PostParams::default(), &earlier).await.unwrap();
    world.gone::<ConfigMap>("shop-config").await;
    assert_eq!(world.only_settings().await, DEFAULT_SETTINGS);
}
