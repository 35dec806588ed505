//! What is deleted with a resource and what is kept.

use std::time::{Duration, Instant};

use authbackend_crds::v1alpha1::{AuthBackend, DELETION_PROTECTION_ANNOTATION};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service, ServiceAccount};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::harness::{World, condition};

/// The chart's policy.
const PROTECTION: &str =
    include_str!("../../../charts/authbackend-operator/templates/deletion-protection.yaml");

/// Whether the garbage collector deletes the object `name` together with AuthBackend `shop`.
async fn is_owned<K>(world: &World, name: &str, owner: &str) -> bool
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    K: Clone + std::fmt::Debug + DeserializeOwned,
{
    let object: K = world.get(name).await;
    object
        .owner_references()
        .iter()
        .any(|reference| reference.uid == owner && reference.controller == Some(true))
}

#[tokio::test]
async fn everything_that_can_be_made_again_goes_with_its_owner() {
    let world = World::new("owned").await;
    let _operator = world.operator();
    world
        .create(json!({"database": {"secretRef": null, "managed": {}}}))
        .await;
    let shop = world.ready().await;
    let owner = shop.uid().unwrap();
    assert!(is_owned::<Deployment>(&world, "shop", &owner).await);
    assert!(is_owned::<Service>(&world, "shop", &owner).await);
    assert!(is_owned::<ServiceAccount>(&world, "shop", &owner).await);
    assert!(is_owned::<ConfigMap>(&world, &world.only_settings().await, &owner).await);
    assert!(is_owned::<StatefulSet>(&world, "shop-postgres", &owner).await);
    assert!(is_owned::<Service>(&world, "shop-postgres", &owner).await);
    let job = world.jobs().await.remove(0).name_any();
    assert!(is_owned::<Job>(&world, &job, &owner).await);
}

#[tokio::test]
async fn secrets_are_kept_unless_the_policy_says_otherwise() {
    let world = World::new("policy").await;
    let _operator = world.operator();
    world
        .create(json!({"database": {"secretRef": null, "managed": {}}}))
        .await;
    let owner = world.ready().await.uid().unwrap();
    for secret in ["shop-signing", "shop-postgres"] {
        assert!(
            !is_owned::<Secret>(&world, secret, &owner).await,
            "{secret}"
        );
    }
    world.edit(json!({"deletionPolicy": "Delete"})).await;
    for secret in ["shop-signing", "shop-postgres"] {
        world
            .until(secret, "owned", |found: &Secret| {
                !found.owner_references().is_empty()
            })
            .await;
    }
    world.edit(json!({"deletionPolicy": "Retain"})).await;
    for secret in ["shop-signing", "shop-postgres"] {
        world
            .until(secret, "kept", |found: &Secret| {
                found.owner_references().is_empty()
            })
            .await;
    }
}

#[tokio::test]
async fn a_resource_that_is_made_again_finds_its_secrets() {
    let world = World::new("again").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let before: Secret = world.get("shop-signing").await;
    world.delete::<AuthBackend>("shop").await;
    // The garbage collector's part.
    world.delete::<Deployment>("shop").await;
    world.delete::<Service>("shop").await;
    world.delete::<ServiceAccount>("shop").await;
    world
        .delete::<ConfigMap>(&world.only_settings().await)
        .await;
    let job = world.jobs().await.remove(0).name_any();
    world.delete::<Job>(&job).await;
    world.create(json!({})).await;
    world.ready().await;
    let after: Secret = world.get("shop-signing").await;
    assert_eq!(after.data, before.data);
}

/// `kubectl delete --cascade=orphan`.
#[tokio::test]
async fn a_resource_that_is_made_again_beside_a_finished_job_migrates_by_one_of_its_own() {
    let world = World::new("orphaned").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    let uid = world.ready().await.uid().unwrap();
    world.rest(&operator).await;
    operator.stop().await.unwrap();
    let before = world.jobs().await.remove(0);
    world.delete::<AuthBackend>("shop").await;
    world.release(&uid).await;
    let _operator = world.operator();
    let next = world.create(json!({})).await.uid().unwrap();
    world.ready().await;
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0].name_any(), before.name_any());
    assert!(is_owned::<Job>(&world, &before.name_any(), &next).await);
}

#[tokio::test]
async fn a_job_of_somebody_else_is_not_taken_for_a_migration() {
    let world = World::new("foreign-job").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    let uid = world.ready().await.uid().unwrap();
    world.rest(&operator).await;
    operator.stop().await.unwrap();
    let name = world.jobs().await.remove(0).name_any();
    world.delete::<AuthBackend>("shop").await;
    world.collect_garbage(&uid).await;
    let container = json!({"name": "theirs", "image": "theirs"});
    let theirs: Job = serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }))
    .unwrap();
    let api = world.api::<Job>();
    api.create(&PostParams::default(), &theirs).await.unwrap();
    let _operator = world.operator();
    world.create(json!({})).await;
    let shop = world.condition("Ready", "False", "ApplyFailed").await;
    let message = &condition(&shop, "Ready").unwrap().message;
    assert!(message.contains(&format!("Job {name}")), "{message}");
    world.delete::<Job>(&name).await;
    world.ready().await;
}

#[tokio::test]
async fn an_operator_that_sees_a_deletion_makes_nothing_again() {
    let world = World::new("deleted").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world.rest(&operator).await;
    world.delete::<AuthBackend>("shop").await;
    world.delete::<Deployment>("shop").await;
    world.rest(&operator).await;
    assert!(world.find::<Deployment>("shop").await.is_none());
}

/// Installs the chart's policy, without the parts that only Helm understands; once, because it concerns all namespaces.
async fn install_protection(world: &World) {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let install = || async {
        let text = PROTECTION.replace("{{ $name }}", "deletion-protection");
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("{{")).collect();
        let text = lines.join("\n");
        let (policy, binding) = text.split_once("\n---\n").expect("two objects");
        let policy: ValidatingAdmissionPolicy = serde_saphyr::from_str(policy).unwrap();
        let binding: ValidatingAdmissionPolicyBinding = serde_saphyr::from_str(binding).unwrap();
        let params = PostParams::default();
        let policies = Api::all(world.client.clone());
        policies.create(&params, &policy).await.unwrap();
        let bindings = Api::all(world.client.clone());
        bindings.create(&params, &binding).await.unwrap();
    };
    INSTALLED.get_or_init(install).await;
}

/// Waits until the API server keeps AuthBackend `shop`, which has the annotation: it takes a moment to act by a new policy.
/// Answers with what it says.
pub async fn is_protected(world: &World) -> String {
    install_protection(world).await;
    let api = world.api::<AuthBackend>();
    let dry_run = DeleteParams::default().dry_run();
    let start = Instant::now();
    loop {
        match api.delete("shop", &dry_run).await {
            Err(error) => return error.to_string(),
            Ok(_) => assert!(start.elapsed() < Duration::from_mins(1), "it is deleted"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sets the annotation that keeps AuthBackend `shop`.
pub async fn protect(api: &Api<AuthBackend>, value: serde_json::Value) {
    let patch = json!({"metadata": {"annotations": {DELETION_PROTECTION_ANNOTATION: value}}});
    api.patch("shop", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_protected_resource_is_deleted_only_without_its_annotation() {
    let world = World::without_simulator("protected").await;
    world.create(json!({})).await;
    let api: Api<AuthBackend> = world.api();
    protect(&api, json!("true")).await;
    let refusal = is_protected(&world).await;
    assert!(
        refusal.contains("remove its annotation authbackend.dev/deletion-protection first"),
        "{refusal}"
    );
    protect(&api, serde_json::Value::Null).await;
    world.delete::<AuthBackend>("shop").await;
    world.gone::<AuthBackend>("shop").await;
}
