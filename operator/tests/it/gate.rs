//! Approvals, contracts, and the way back from a rollout that failed.

use authbackend_crds::v1alpha1::{
    APPROVE_CONTRACT_ANNOTATION, APPROVE_MIGRATION_ANNOTATION, AuthBackend, MigrationPhase,
};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{IMAGE, World, condition, image_of, status, status_of};

async fn annotate(world: &World, key: &str, value: &str) {
    let patch = json!({"metadata": {"annotations": {key: value}}});
    let api = world.api::<AuthBackend>();
    api.patch("shop", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

fn arguments(job: &Job) -> Vec<String> {
    let pod = job.spec.as_ref().unwrap().template.spec.as_ref().unwrap();
    pod.containers[0].args.clone().unwrap()
}

#[tokio::test]
async fn with_the_policy_manual_a_migration_waits_for_the_approval_of_its_plan() {
    let world = World::new("manual").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world
        .edit(json!({"image": "server:2", "migration": {"policy": "Manual"}}))
        .await;
    let shop = world.condition("Ready", "False", "AwaitingApproval").await;
    let migration = status(&shop).migration.unwrap();
    assert_eq!(migration.phase, MigrationPhase::AwaitingApproval);
    let plan = migration.plan.unwrap();
    assert_eq!((plan.target_version, plan.pending.len()), (5, 1));
    assert_eq!(plan.pending[0].locks, ["ACCESS EXCLUSIVE on user"]);
    let message = &condition(&shop, "Ready").unwrap().message;
    assert!(message.contains(&plan.hash), "{message}");
    assert_eq!(status_of(&shop, "Available"), "True");
    assert_eq!(status_of(&shop, "Stalled"), "");

    // Neither a restart nor another hash approves anything.
    operator.stop().await.unwrap();
    let operator = world.operator();
    annotate(&world, APPROVE_MIGRATION_ANNOTATION, &plan.checksum).await;
    world.rest(&operator).await;
    assert_eq!(image_of(&world.get("shop").await), IMAGE);

    annotate(&world, APPROVE_MIGRATION_ANNOTATION, &plan.hash).await;
    let shop = world.ready().await;
    assert_eq!(image_of(&world.get("shop").await), "server:2");
    let job: Job = world.get(&status(&shop).migration.unwrap().job).await;
    assert_eq!(arguments(&job), ["migrate", "--plan", &plan.checksum]);
}

#[tokio::test]
async fn an_approved_contract_is_carried_out_and_noted() {
    let world = World::new("contract").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"image": "server:contracting"})).await;
    let shop = world
        .until("shop", "a contract waits", |found: &AuthBackend| {
            let contract = found.status.as_ref().and_then(|it| it.contract.as_ref());
            contract.is_some_and(|it| it.phase == MigrationPhase::AwaitingApproval)
        })
        .await;
    let contract = status(&shop).contract.unwrap();
    assert_eq!(contract.versions, [6]);
    assert!(world.find::<Job>(&contract.job).await.is_none());
    world.ready().await;
    annotate(&world, APPROVE_CONTRACT_ANNOTATION, &contract.hash).await;
    let shop = world
        .until("shop", "the contract succeeded", |found: &AuthBackend| {
            let contract = found.status.as_ref().and_then(|it| it.contract.as_ref());
            contract.is_some_and(|it| it.phase == MigrationPhase::Succeeded)
        })
        .await;
    assert_eq!(status_of(&shop, "Ready"), "True");
    assert!(status(&shop).current.unwrap().pending_contracts.is_empty());
    let job: Job = world.get(&contract.job).await;
    assert_eq!(arguments(&job), ["migrate", "--contract"]);
    let events = world.events().await;
    assert!(events.contains("ContractSucceeded"), "{events}");
}

#[tokio::test]
async fn with_a_delay_of_nothing_a_contract_follows_the_rollout() {
    let world = World::new("delay").await;
    world.database_secret().await;
    let _operator = world.operator();
    let spec = json!({"image": "server:contracting", "migration": {"contractDelaySeconds": 0}});
    world.create(spec).await;
    world
        .until("shop", "the contract succeeded", |found: &AuthBackend| {
            let contract = found.status.as_ref().and_then(|it| it.contract.as_ref());
            contract.is_some_and(|it| it.phase == MigrationPhase::Succeeded)
        })
        .await;
}

#[tokio::test]
async fn a_rollout_that_fails_goes_back_to_what_served_and_stays_there() {
    let world = World::new("back").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({"replicas": 2})).await;
    world.ready().await;
    world.edit(json!({"image": "server:late"})).await;
    let shop = world.condition("Stalled", "True", "RolloutFailed").await;
    assert_eq!(
        status(&shop).migration.unwrap().phase,
        MigrationPhase::RolledBack
    );
    world
        .until("shop", "back", |found: &Deployment| {
            image_of(found) == IMAGE
        })
        .await;
    world.rest(&operator).await;
    let shop = world.condition("Stalled", "True", "RolloutFailed").await;
    assert_eq!(image_of(&world.get("shop").await), IMAGE);
    assert_eq!(status(&shop).current.unwrap().image, IMAGE);
    assert_eq!(
        condition(&shop, "Available").unwrap().reason,
        "ServingPreviousVersion"
    );
    let events = world.events().await;
    assert!(events.contains("RolloutFailed"), "{events}");

    let jobs = world.jobs().await.len();
    world.edit(json!({"image": null})).await;
    world.ready().await;
    assert_eq!(world.jobs().await.len(), jobs);
}

#[tokio::test]
async fn a_migration_with_credentials_of_its_own_waits_for_them_alone() {
    let world = World::new("owner").await;
    world.database_secret().await;
    let _operator = world.operator();
    let credentials = json!({"user": "ddl", "passwordRef": {"name": "ddl", "key": "password"}});
    world
        .create(json!({"migration": {"credentials": credentials}}))
        .await;
    let shop = world.condition("Ready", "False", "WaitingForSecret").await;
    assert!(condition(&shop, "Ready").unwrap().message.contains("ddl"));
    world.secret("ddl", &[("password", "late")]).await;
    let shop = world.ready().await;
    let job: Job = world.get(&status(&shop).migration.unwrap().job).await;
    let job = serde_json::to_string(&job).unwrap();
    assert!(job.contains("migration-password"), "{job}");
    let deployment: Deployment = world.get("shop").await;
    let deployment = serde_json::to_string(&deployment).unwrap();
    assert!(!deployment.contains("ddl"), "{deployment}");
}
