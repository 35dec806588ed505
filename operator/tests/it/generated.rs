//! Secrets that the operator generates: once, and another one only when somebody asks for it.

use authbackend_crds::v1alpha1::{APPROVE_REPLACEMENT_ANNOTATION, AuthBackend};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;

use crate::harness::{Replica, World, condition, status, status_of};

const SIGNING: &str = "shop-signing";
const POSTGRES: &str = "shop-postgres";

/// A world in which an AuthBackend with a managed database was ready and lost both of its Secrets, which are the second
/// value.
async fn lost() -> (World, Replica, [Secret; 2]) {
    let world = World::new("lost").await;
    let operator = world.operator();
    let database = json!({"secretRef": null, "managed": {}});
    world.create(json!({"database": database})).await;
    world.ready().await;
    world.rest(&operator).await;
    let secrets = [world.get(SIGNING).await, world.get(POSTGRES).await];
    world.delete::<Secret>(SIGNING).await;
    world.delete::<Secret>(POSTGRES).await;
    world.condition("Stalled", "True", "SecretLost").await;
    (world, operator, secrets)
}

/// Approves that the Secret `name`, which is gone, is replaced, as the message says.
pub async fn approve_replacement(world: &World, name: &str) {
    let is_about = |shop: &AuthBackend| {
        let ready = condition(shop, "Ready");
        ready.is_some_and(|ready| ready.reason == "SecretLost" && ready.message.contains(name))
    };
    let shop = world.until("shop", "is told of", is_about).await;
    let message = &condition(&shop, "Ready").unwrap().message;
    let (_, uid) = message
        .split_once(&format!("{APPROVE_REPLACEMENT_ANNOTATION}="))
        .unwrap();
    let patch = json!({"metadata": {"annotations": {APPROVE_REPLACEMENT_ANNOTATION: uid}}});
    let params = PatchParams::default();
    let api = world.api::<AuthBackend>();
    api.patch("shop", &params, &Patch::Merge(patch))
        .await
        .unwrap();
}

#[tokio::test]
async fn generated_secrets_that_are_deleted_are_missed_and_what_serves_is_left_alone() {
    let (world, operator, secrets) = lost().await;
    let deployment: Deployment = world.get("shop").await;
    let database: StatefulSet = world.get(POSTGRES).await;
    // Anything that has it look again changes nothing.
    world.edit(json!({"image": "server:2"})).await;
    world.rest(&operator).await;
    let shop = world.condition("Stalled", "True", "SecretLost").await;
    assert_eq!(status_of(&shop, "Available"), "True");
    assert!(world.find::<Secret>(SIGNING).await.is_none());
    assert!(world.find::<Secret>(POSTGRES).await.is_none());
    let after: Deployment = world.get("shop").await;
    assert_eq!(after.metadata.generation, deployment.metadata.generation);
    let after: StatefulSet = world.get(POSTGRES).await;
    assert_eq!(after.metadata.generation, database.metadata.generation);
    for mut secret in secrets {
        secret.metadata.resource_version = None;
        let api = world.api::<Secret>();
        api.create(&PostParams::default(), &secret).await.unwrap();
    }
    world.ready().await;
}

#[tokio::test]
async fn another_secret_is_generated_for_the_one_that_was_approved_and_for_no_later_one() {
    let (world, operator, [signing, postgres]) = lost().await;
    for (name, before) in [(SIGNING, signing), (POSTGRES, postgres)] {
        approve_replacement(&world, name).await;
        let another = world.until(name, "generated", |_: &Secret| true).await;
        assert!(before.data.is_some() && another.data != before.data);
    }
    let shop = world.ready().await;
    world.rest(&operator).await;
    let recorded = status(&shop).generated_secrets;
    let postgres: Secret = world.get(POSTGRES).await;
    assert!(
        recorded
            .iter()
            .any(|it| Some(&it.uid) == postgres.uid().as_ref())
    );
    world.delete::<Secret>(POSTGRES).await;
    world.condition("Stalled", "True", "SecretLost").await;
    world.rest(&operator).await;
    assert!(world.find::<Secret>(POSTGRES).await.is_none());
}

/// The garbage collector takes its time.
#[tokio::test]
async fn a_resource_that_is_made_again_does_not_count_on_a_secret_that_goes_with_the_one_before() {
    let world = World::new("leaving").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({"deletionPolicy": "Delete"})).await;
    let uid = world.ready().await.uid().unwrap();
    world.rest(&operator).await;
    operator.stop().await.unwrap();
    world.delete::<AuthBackend>("shop").await;
    world.create(json!({"deletionPolicy": "Delete"})).await;
    let operator = world.operator();
    world.collect_garbage(&uid).await;
    world.ready().await;
    world.rest(&operator).await;
    let shop: AuthBackend = world.get("shop").await;
    let signing: Secret = world.get(SIGNING).await;
    assert_eq!(
        status(&shop).generated_secrets[0].uid,
        signing.uid().unwrap()
    );
}
