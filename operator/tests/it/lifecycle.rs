//! From a resource to a service, and through its edits.

use authbackend_crds::v1alpha1::{AuthBackend, MigrationPhase};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{IMAGE, World, image_of, is_ready, status, status_of, succeed_job};

#[tokio::test]
async fn the_operator_writes_status_and_nothing_else_of_the_resource() {
    let world = World::new("ownership").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({"replicas": 2})).await;
    let before = world.ready().await;
    world
        .edit(json!({"replicas": 1, "auth": {"session": {"expiresIn": 60}}}))
        .await;
    world.ready().await;
    world.rest(&operator).await;
    let after: AuthBackend = world.get("shop").await;
    let ours = after.managed_fields().iter().filter(|entry| {
        let manager = entry.manager.as_deref().unwrap_or_default();
        manager == authbackend_operator::names::MANAGER
    });
    let mut entries = 0;
    for entry in ours {
        entries += 1;
        assert_eq!(entry.subresource.as_deref(), Some("status"));
        let fields = entry.fields_v1.as_ref().unwrap().0.as_object().unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["f:status"]);
    }
    assert_eq!(entries, 1);
    assert_eq!(before.metadata.annotations, after.metadata.annotations);
    assert_eq!(before.metadata.finalizers, after.metadata.finalizers);
}

#[tokio::test]
async fn nothing_serves_before_the_schema_is_there() {
    let world = World::without_simulator("create").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    let shop = world.condition("Ready", "False", "Migrating").await;
    assert_eq!(status_of(&shop, "Available"), "False");
    assert_eq!(
        status(&shop).migration.unwrap().phase,
        MigrationPhase::Running
    );
    world
        .until(
            &status(&shop).migration.unwrap().job,
            "created",
            |_: &Job| true,
        )
        .await;
    assert!(world.find::<Deployment>("shop").await.is_none());
}

#[tokio::test]
async fn a_resource_becomes_a_service() {
    let world = World::new("create").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"replicas": 2})).await;
    let shop = status(&world.ready().await);
    assert_eq!(shop.url.as_deref(), Some("https://shop.example/api"));
    assert_eq!(shop.current.unwrap().image, IMAGE);
    assert_eq!(shop.ready_replicas, Some(2));
    assert_eq!(shop.migration.unwrap().phase, MigrationPhase::Succeeded);
    let service: Service = world.get("shop").await;
    assert_eq!(service.spec.unwrap().ports.unwrap()[0].port, 80);
    assert_eq!(image_of(&world.get("shop").await), IMAGE);
}

#[tokio::test]
async fn the_operator_counts_what_it_did_and_how_its_resources_are() {
    let world = World::new("metrics").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({"image": "server:bad"})).await;
    world.condition("Stalled", "True", "MigrationFailed").await;
    world.rest(&operator).await;
    let metrics = operator.metrics.encode();
    for line in [
        r#"authbackend_operator_authbackends{condition="Stalled",status="True"} 1"#,
        r#"authbackend_operator_migrations{phase="Failed"} 1"#,
        r#"authbackend_operator_api_requests_total{resource="jobs",verb="create"} 1"#,
        "authbackend_operator_reconciles_running 0",
        "authbackend_operator_reconciles_limit 16",
        "authbackend_operator_leader 1",
    ] {
        assert!(
            metrics.lines().any(|known| known == line),
            "{line} is not in {metrics}"
        );
    }
    assert!(!metrics.contains(&world.namespace), "{metrics}");
}

#[tokio::test]
async fn a_managed_database_comes_first() {
    let world = World::new("managed").await;
    let _operator = world.operator();
    world
        .create(json!({"database": {"secretRef": null, "managed": {}}}))
        .await;
    world.ready().await;
    let secret: Secret = world.get("shop-postgres").await;
    let keys: Vec<_> = secret.data.unwrap().into_keys().collect();
    assert_eq!(keys, ["database", "password", "uri", "username"]);
}

#[tokio::test]
async fn a_generated_secret_is_kept() {
    let world = World::new("signing").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let before: Secret = world.get("shop-signing").await;
    world.edit(json!({"replicas": 3})).await;
    world
        .until("shop", "3 replicas", |found: &AuthBackend| {
            is_ready(found) && status(found).ready_replicas == Some(3)
        })
        .await;
    let after: Secret = world.get("shop-signing").await;
    assert_eq!(before.data, after.data);
    assert!(before.data.unwrap()["secret"].0.len() >= 32);
}

#[tokio::test]
async fn another_number_of_replicas_needs_no_migration() {
    let world = World::new("replicas").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world.edit(json!({"replicas": 4})).await;
    world
        .until("shop", "scaled", |found: &Deployment| {
            found.spec.as_ref().and_then(|spec| spec.replicas) == Some(4)
        })
        .await;
    world.ready().await;
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test]
async fn the_scale_subresource_scales() {
    let world = World::new("scale").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"replicas": 1})).await;
    world.ready().await;
    let api = world.api::<AuthBackend>();
    let patch = Patch::Merge(json!({"spec": {"replicas": 2}}));
    let scale = api
        .patch_scale("shop", &PatchParams::default(), &patch)
        .await
        .unwrap();
    assert!(scale.status.unwrap().selector.is_some());
    world
        .until("shop", "scaled", |found: &Deployment| {
            found.spec.as_ref().and_then(|spec| spec.replicas) == Some(2)
        })
        .await;
}

#[tokio::test]
async fn other_settings_roll_on_the_image_that_serves() {
    let world = World::new("settings").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let template = |deployment: &Deployment| {
        deployment
            .spec
            .as_ref()
            .unwrap()
            .template
            .metadata
            .as_ref()
            .unwrap()
            .annotations
            .clone()
    };
    let before = template(&world.get("shop").await);
    world
        .edit(json!({"auth": {"session": {"expiresIn": 86_400}}}))
        .await;
    world
        .until("shop", "other pods", |found: &Deployment| {
            template(found) != before
        })
        .await;
    world.ready().await;
    let settings: ConfigMap = world.get(&world.only_settings().await).await;
    assert!(settings.data.unwrap()["config.yaml"].contains("86400"));
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test]
async fn the_old_version_serves_until_the_new_migration_has_succeeded() {
    let world = World::new("upgrade").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world
        .edit(json!({"image": "server:held", "replicas": 3}))
        .await;
    let shop = world.condition("Ready", "False", "Migrating").await;
    let job = status(&shop).migration.unwrap().job;
    // What needs no migration is done meanwhile.
    let deployment = world
        .until("shop", "scaled", |found: &Deployment| {
            found.spec.as_ref().and_then(|spec| spec.replicas) == Some(3)
        })
        .await;
    assert_eq!(image_of(&deployment), IMAGE);
    assert_eq!(status_of(&shop, "Available"), "True");

    succeed_job(&world.api::<Job>(), &job).await;
    let shop = world.ready().await;
    assert_eq!(image_of(&world.get("shop").await), "server:held");
    assert_eq!(status(&shop).current.unwrap().image, "server:held");
}

#[tokio::test]
async fn a_suspended_resource_is_left_as_it_is_and_reported_on() {
    let world = World::new("suspend").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"suspend": true})).await;
    world
        .until("shop", "reported", |found: &AuthBackend| {
            found
                .status
                .as_ref()
                .is_some_and(|s| s.observed_generation == found.metadata.generation)
        })
        .await;
    assert!(world.jobs().await.is_empty());
    world.edit(json!({"suspend": false})).await;
    world.ready().await;
    world.edit(json!({"suspend": true, "replicas": 5})).await;
    world
        .until("shop", "reported", |found: &AuthBackend| {
            found
                .status
                .as_ref()
                .is_some_and(|s| s.observed_generation == found.metadata.generation)
        })
        .await;
    let deployment: Deployment = world.get("shop").await;
    assert_eq!(deployment.spec.unwrap().replicas, Some(1));
}
