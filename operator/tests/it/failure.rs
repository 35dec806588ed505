//! Failures leave what serves alone, say what is wrong, and are recovered from.

use authbackend_crds::v1alpha1::{AuthBackend, MigrationPhase};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;

use crate::harness::{
    DEFAULT_SETTINGS, FAILURE, IMAGE, Replica, World, condition, image_of, status, status_of,
};

/// A world in which an upgrade has failed after the first version served.
async fn failed_upgrade() -> (World, Replica) {
    let world = World::new("failure").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({"replicas": 2})).await;
    world.ready().await;
    world.edit(json!({"image": "server:bad"})).await;
    world.condition("Stalled", "True", "MigrationFailed").await;
    (world, operator)
}

#[tokio::test]
async fn a_failed_migration_leaves_the_old_version_serving_and_says_why() {
    let (world, _operator) = failed_upgrade().await;
    let shop: AuthBackend = world.get("shop").await;
    assert_eq!(status_of(&shop, "Ready"), "False");
    assert_eq!(status_of(&shop, "Available"), "True");
    assert_eq!(
        condition(&shop, "Available").unwrap().reason,
        "ServingPreviousVersion"
    );
    assert_eq!(status_of(&shop, "Reconciling"), "");
    let migration = status(&shop).migration.unwrap();
    assert_eq!(migration.phase, MigrationPhase::Failed);
    assert!(migration.message.unwrap().contains(FAILURE));
    assert_eq!(image_of(&world.get("shop").await), IMAGE);
    assert_eq!(status(&shop).current.unwrap().image, IMAGE);
}

#[tokio::test]
async fn a_failed_migration_is_not_repeated_by_itself() {
    let (world, operator) = failed_upgrade().await;
    let jobs = world.jobs().await.len();
    operator.stop().await.unwrap();
    let _operator = world.operator();
    world.edit(json!({"replicas": 3})).await;
    world
        .until("shop", "scaled", |found: &Deployment| {
            found.spec.as_ref().and_then(|spec| spec.replicas) == Some(3)
        })
        .await;
    world.condition("Stalled", "True", "MigrationFailed").await;
    assert_eq!(world.jobs().await.len(), jobs);
}

#[tokio::test]
async fn a_corrected_image_recovers() {
    let (world, _operator) = failed_upgrade().await;
    world.edit(json!({"image": "server:2"})).await;
    let shop = world.ready().await;
    assert_eq!(status_of(&shop, "Stalled"), "");
    assert_eq!(image_of(&world.get("shop").await), "server:2");
}

#[tokio::test]
async fn going_back_recovers_without_a_migration() {
    let (world, _operator) = failed_upgrade().await;
    let jobs = world.jobs().await.len();
    world.edit(json!({"image": null})).await;
    let shop = world.ready().await;
    assert_eq!(status_of(&shop, "Stalled"), "");
    assert_eq!(world.jobs().await.len(), jobs);
    assert_eq!(image_of(&world.get("shop").await), IMAGE);
}

#[tokio::test]
async fn a_failed_migration_is_tried_again_when_asked_for() {
    let (world, _operator) = failed_upgrade().await;
    let first = status(&world.get("shop").await).migration.unwrap();
    let patch = json!({"metadata": {"annotations": {"authbackend.dev/retry-migration": "1"}}});
    let api = world.api::<AuthBackend>();
    api.patch("shop", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    world
        .until(
            "shop",
            "tried again and failed again",
            |found: &AuthBackend| {
                status(found).migration.is_some_and(|second| {
                    second.hash != first.hash && second.phase == MigrationPhase::Failed
                })
            },
        )
        .await;
}

#[tokio::test]
async fn an_unchanged_failure_of_the_first_migration_shows_no_pods() {
    let world = World::new("failure").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"image": "server:bad"})).await;
    let shop = world.condition("Stalled", "True", "MigrationFailed").await;
    assert_eq!(status_of(&shop, "Available"), "False");
    assert!(world.find::<Deployment>("shop").await.is_none());
}

#[tokio::test]
async fn pods_that_do_not_become_ready_keep_the_resource_from_being_ready() {
    let world = World::new("failure").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"image": "server:broken"})).await;
    let shop = world.condition("Ready", "False", "RollingOut").await;
    assert_eq!(status_of(&shop, "Available"), "False");
    assert_eq!(status_of(&shop, "Reconciling"), "True");
}

#[tokio::test]
async fn an_object_of_somebody_else_is_left_alone_and_reported() {
    let world = World::new("foreign").await;
    world.database_secret().await;
    let theirs: ConfigMap = serde_json::from_value(json!({
        "metadata": {"name": DEFAULT_SETTINGS}, "data": {"theirs": "1"},
    }))
    .unwrap();
    world
        .api()
        .create(&PostParams::default(), &theirs)
        .await
        .unwrap();
    let _operator = world.operator();
    world.create(json!({})).await;
    let shop = world.condition("Ready", "False", "ApplyFailed").await;
    assert!(
        condition(&shop, "Ready")
            .unwrap()
            .message
            .contains(&format!("ConfigMap {DEFAULT_SETTINGS}"))
    );
    let found: ConfigMap = world.get(DEFAULT_SETTINGS).await;
    assert_eq!(found.data, theirs.data);
    world.delete::<ConfigMap>(DEFAULT_SETTINGS).await;
    world.ready().await;
}

#[tokio::test]
async fn a_request_that_the_server_refuses_is_reported_and_recovers() {
    let world = World::new("refused").await;
    world.database_secret().await;
    let _operator = world.operator();
    // A port that is outside of what the cluster hands out.
    let service = json!({"exposure": {"service": {"type": "NodePort", "nodePort": 80}}});
    world.create(service).await;
    let shop = world.condition("Ready", "False", "ApplyFailed").await;
    assert!(
        condition(&shop, "Ready")
            .unwrap()
            .message
            .contains("nodePort"),
        "{shop:?}"
    );
    world.edit(json!({"exposure": null})).await;
    world.ready().await;
    let service: Service = world.get("shop").await;
    assert_eq!(service.spec.unwrap().type_.as_deref(), Some("ClusterIP"));
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_is_reported_and_recovered_from() {
    let world = World::new("webhook").await;
    world.database_secret().await;
    let webhooks: Api<ValidatingWebhookConfiguration> = Api::all(world.client.clone());
    let webhook: ValidatingWebhookConfiguration = serde_json::from_value(json!({
        "metadata": {"name": world.namespace},
        "webhooks": [{
            "name": "nobody.example.com",
            // Nothing listens there.
            "clientConfig": {"url": "https://127.0.0.1:1/admit"},
            "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
            "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        }],
    }))
    .unwrap();
    webhooks
        .create(&PostParams::default(), &webhook)
        .await
        .unwrap();
    let _operator = world.operator();
    world.create(json!({})).await;
    let shop = world.condition("Ready", "False", "ApplyFailed").await;
    let message = &condition(&shop, "Ready").unwrap().message;
    assert!(message.contains("failed calling webhook"), "{message}");
    assert!(world.events().await.contains("RequestFailed"));
    webhooks
        .delete(&world.namespace, &DeleteParams::default())
        .await
        .unwrap();
    world.ready().await;
}

#[tokio::test]
async fn a_migration_that_disappears_while_it_runs_is_started_again() {
    let world = World::new("failure").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"image": "server:held"})).await;
    let shop = world.condition("Ready", "False", "Migrating").await;
    let name = status(&shop).migration.unwrap().job;
    let uid = world.until(&name, "created", |_: &Job| true).await.uid();
    world.delete::<Job>(&name).await;
    world
        .until(&name, "created again", |found: &Job| found.uid() != uid)
        .await;
}
