//! A database that is a Cluster of CloudNativePG.

use authbackend_operator::optional::OptionalApi;
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::exposure::{install, objects, say};
use crate::harness::World;

const CLUSTER: OptionalApi = OptionalApi::Cluster;

async fn declare(world: &World) {
    let cluster = json!({
        "apiVersion": CLUSTER.api_version(),
        "kind": CLUSTER.kind(),
        "metadata": {"name": "shop-pg"},
        "spec": {"instances": 3},
    });
    objects(world, CLUSTER)
        .patch(
            "shop-pg",
            &PatchParams::apply("test"),
            &Patch::Apply(&cluster),
        )
        .await
        .unwrap();
}

async fn is(world: &World, ready: &str, phase: &str) {
    let conditions = json!([{"type": "Ready", "status": ready}]);
    let status = json!({"phase": phase, "conditions": conditions});
    say(world, CLUSTER, "shop-pg", status).await;
}

#[tokio::test]
async fn a_cluster_is_waited_for_and_then_left_alone() {
    let world = World::new("cnpg").await;
    install(&world, CLUSTER).await;
    let operator = world.operator();
    world
        .create(json!({"database": {"secretRef": null, "cnpg": {"name": "shop-pg"}}}))
        .await;
    world
        .condition("Ready", "False", "WaitingForDatabase")
        .await;
    declare(&world).await;
    is(&world, "False", "Setting up primary").await;
    let uri = "postgresql://app:hunter2@shop-pg-rw.cnpg:5432/app";
    world.secret("shop-pg-app", &[("uri", uri)]).await;
    world
        .secret("shop-pg-ca", &[("ca.crt", "a certificate")])
        .await;
    world
        .condition("DatabaseReachable", "False", "WaitingForDatabase")
        .await;
    assert!(world.jobs().await.is_empty());

    is(&world, "True", "Cluster in healthy state").await;
    world.ready().await;
    let deployment: Value = serde_json::to_value(world.get::<Deployment>("shop").await).unwrap();
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let variables = container["env"].as_array().unwrap();
    let mode = json!({"name": "DATABASE_SSLMODE", "value": "verify-full"});
    assert!(variables.contains(&mode), "{variables:?}");
    world.rest(&operator).await;
    let before = world.versions().await;
    // The Cluster speaks, and nothing of it concerns us.
    is(&world, "True", "Cluster in healthy state, again").await;
    world.rest(&operator).await;
    assert_eq!(world.versions().await, before);
}
