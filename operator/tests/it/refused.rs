//! What the API server refuses stops only what depends on it, and is not asked for over and over.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::Ingress;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::harness::{Refusal, Replica, World, image_of, status};

/// A world with an operator whose writes are refused where their path has `part`.
async fn refusing(part: &'static str) -> (World, Replica, Refusal) {
    let world = World::new("refused").await;
    world.database_secret().await;
    let refusal = Refusal::default();
    let client = refusal.client(world.operator_client.clone(), part);
    let operator = world.replica(client, "operator-0", None);
    (world, operator, refusal)
}

fn ingress() -> Value {
    json!({"ingress": {"className": "nginx"}})
}

/// The pod of `job`, whose image does not exist.
async fn put_pod_without_image(world: &World, job: &Job) {
    let pods = world.api::<Pod>();
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "stuck", "labels": job.labels(), "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "Job", "name": job.name_any(), "uid": job.uid(), "controller": true,
        }]},
        "spec": {"containers": [{"name": "migrate", "image": "x"}], "restartPolicy": "Never"},
    }))
    .unwrap();
    pods.create(&PostParams::default(), &pod).await.unwrap();
    let status = json!({"status": {"phase": "Pending", "containerStatuses": [{
        "name": "migrate", "image": "x", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff"}},
    }]}});
    let params = PatchParams::default();
    pods.patch_status("stuck", &params, &Patch::Merge(status))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_job_that_is_refused_comes_to_rest_between_tries_whatever_is_said() {
    let (world, operator, refusal) = refusing("/jobs").await;
    world.create(json!({})).await;
    world.condition("Ready", "False", "ApplyFailed").await;
    world.rest(&operator).await;
    refusal.end();
    world.ready().await;
}

#[tokio::test]
async fn an_ingress_that_is_refused_stops_neither_an_upgrade_nor_the_removal_of_a_job_in_its_way() {
    let (world, _operator, refusal) = refusing("/ingresses").await;
    world.create(json!({"exposure": ingress()})).await;
    world.until("shop", "made", |_: &Deployment| true).await;
    world.condition("Ready", "False", "ApplyFailed").await;
    world.edit(json!({"image": "server:held-typo"})).await;
    let begun = |shop: &authbackend_crds::v1alpha1::AuthBackend| {
        let migration = status(shop).migration;
        migration.is_some_and(|it| it.image == "server:held-typo")
    };
    let shop = world.until("shop", "begun", begun).await;
    let name = status(&shop).migration.unwrap().job;
    let job = world.until(&name, "made", |_: &Job| true).await;
    put_pod_without_image(&world, &job).await;
    world.edit(json!({"image": "server:2"})).await;
    world.gone::<Job>(&name).await;
    // The garbage collector's part.
    world.delete::<Pod>("stuck").await;
    // A pod that ends is no event; an edit has the operator look at once.
    world.edit(json!({"replicas": 2})).await;
    let is_upgraded = |found: &Deployment| image_of(found) == "server:2";
    world.until("shop", "upgraded", is_upgraded).await;
    refusal.end();
    world.ready().await;
}

#[tokio::test]
async fn a_service_that_is_refused_does_not_keep_a_migrated_image_from_its_pods() {
    let (world, _operator, refusal) = refusing("/services").await;
    world.create(json!({})).await;
    world.until("shop", "made", |_: &Deployment| true).await;
    world.condition("Ready", "False", "ApplyFailed").await;
    refusal.end();
    world.ready().await;
}

#[tokio::test]
async fn no_pod_runs_without_the_network_policy_that_is_asked_for() {
    let (world, operator, refusal) = refusing("/networkpolicies").await;
    world.create(json!({"networkPolicy": {}})).await;
    world.condition("Ready", "False", "ApplyFailed").await;
    world.until("shop", "made", |_: &Service| true).await;
    world.rest(&operator).await;
    assert_eq!(world.jobs().await.len(), 0);
    assert!(world.find::<Deployment>("shop").await.is_none());
    refusal.end();
    world.ready().await;
}

#[tokio::test]
async fn a_way_in_stays_until_the_next_one_is_accepted() {
    let (world, operator, refusal) = refusing("/services").await;
    refusal.end();
    world.create(json!({"exposure": ingress()})).await;
    world.ready().await;
    // A port that is outside of what the cluster hands out.
    let service = json!({"type": "NodePort", "nodePort": 80});
    let exposure = json!({"ingress": null, "service": service});
    world.edit(json!({"exposure": exposure})).await;
    world.condition("Ready", "False", "ApplyFailed").await;
    world.rest(&operator).await;
    assert!(world.find::<Ingress>("shop").await.is_some());
    let service = json!({"nodePort": null});
    world.edit(json!({"exposure": {"service": service}})).await;
    world.gone::<Ingress>("shop").await;
    world.ready().await;
}
