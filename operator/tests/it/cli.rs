//! `kubectl authbackend` on what the operator made.

use authbackend_crds::v1alpha1::{AuthBackend, MigrationPhase};
use serde_json::{Value, json};

use crate::harness::{CommandLine, User, World, status};

async fn administrator(world: &World) -> CommandLine {
    CommandLine::of(User::Administrator, &world.namespace).await
}

#[tokio::test]
async fn the_status_of_one_shows_what_serves_and_what_happened() {
    let world = World::new("cli-status").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let kubectl = administrator(&world).await;
    let text = kubectl.run(&["status", "shop"]).await.unwrap();
    for line in [
        "URL:        https://shop.example/api",
        "Ready:      True (UpToDate",
        "Version:    1 (server:1)",
        "Replicas:   1 of 1 ready",
        "Migration:  Succeeded to server:1",
        "MigrationSucceeded",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[tokio::test]
async fn machines_get_json() {
    let world = World::new("cli-json").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let kubectl = administrator(&world).await;
    let text = kubectl
        .run(&["status", "shop", "-o", "json"])
        .await
        .unwrap();
    let overview: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(overview["version"]["current"]["image"], "server:1");
    assert_eq!(overview["isObserved"], true);
    let text = kubectl.run(&["status", "-o", "json"]).await.unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list["items"][0]["metadata"]["name"], "shop");
}

#[tokio::test]
async fn all_namespaces_are_listed_with_theirs() {
    let world = World::without_simulator("cli-list").await;
    world.create(json!({})).await;
    let kubectl = administrator(&world).await;
    let here = kubectl.run(&["status"]).await.unwrap();
    assert!(here.starts_with("NAME ") && here.contains("shop"), "{here}");
    let everywhere = kubectl.run(&["status", "-A"]).await.unwrap();
    assert!(everywhere.contains(&world.namespace), "{everywhere}");
}

#[tokio::test]
async fn a_plan_is_shown_and_approved_by_its_hash() {
    let world = World::new("cli-approve").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let kubectl = administrator(&world).await;
    let refusal = kubectl.run(&["approve", "shop"]).await.unwrap_err();
    assert!(refusal.contains("nothing of shop waits"), "{refusal}");
    world
        .edit(json!({"image": "server:2", "migration": {"policy": "Manual"}}))
        .await;
    let shop = world.condition("Ready", "False", "AwaitingApproval").await;
    let plan = status(&shop).migration.unwrap().plan.unwrap();
    let overview = kubectl.run(&["status", "shop"]).await.unwrap();
    assert!(
        overview.contains("kubectl authbackend approve shop"),
        "{overview}"
    );
    let shown = kubectl.run(&["plan", "shop"]).await.unwrap();
    for part in [
        plan.hash.as_str(),
        "ACCESS EXCLUSIVE on user",
        &plan.pending[0].name,
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown = kubectl.run(&["plan", "shop", "-o", "json"]).await.unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert!(shown.to_string().contains(&plan.hash), "{shown}");
    let refusal = kubectl
        .run(&["approve", "shop", "--plan", "of-before"])
        .await
        .unwrap_err();
    assert!(refusal.contains(&plan.hash), "{refusal}");
    kubectl
        .run(&["approve", "shop", "--plan", &plan.hash])
        .await
        .unwrap();
    let shop = world.ready().await;
    assert_eq!(status(&shop).current.unwrap().image, "server:2");
}

#[tokio::test]
async fn a_retry_of_a_failed_migration_makes_another_job() {
    let world = World::new("cli-retry").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({"image": "server:bad"})).await;
    let shop = world.condition("Stalled", "True", "MigrationFailed").await;
    let failed = status(&shop).migration.unwrap().job;
    let kubectl = administrator(&world).await;
    let overview = kubectl.run(&["status", "shop"]).await.unwrap();
    assert!(
        overview.contains("kubectl authbackend retry shop"),
        "{overview}"
    );
    let said = kubectl.run(&["retry", "shop"]).await.unwrap();
    assert!(said.contains("another try"), "{said}");
    world
        .until("shop", "another Job has failed", |found: &AuthBackend| {
            let migration = status(found).migration;
            migration.is_some_and(|m| m.job != failed && m.phase == MigrationPhase::Failed)
        })
        .await;
}

#[tokio::test]
async fn what_has_not_failed_is_not_tried_again() {
    let world = World::new("cli-no-retry").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    let ready = world.ready().await;
    let kubectl = administrator(&world).await;
    let refusal = kubectl.run(&["retry", "shop"]).await.unwrap_err();
    assert!(
        refusal.contains("no migration of shop has failed, and no rollout was taken back"),
        "{refusal}"
    );
    let after: AuthBackend = world.get("shop").await;
    assert_eq!(after.metadata.annotations, ready.metadata.annotations);
}

#[tokio::test]
async fn logs_of_a_migration_that_has_not_begun_are_refused_with_the_reason() {
    let world = World::without_simulator("cli-logs").await;
    world.create(json!({})).await;
    let kubectl = administrator(&world).await;
    let refusal = kubectl
        .run(&["logs", "shop", "--migration"])
        .await
        .unwrap_err();
    assert!(
        refusal.contains("no migration of shop has begun"),
        "{refusal}"
    );
    let refusal = kubectl.run(&["logs", "shop"]).await.unwrap_err();
    assert!(refusal.contains("there are no pods"), "{refusal}");
    let refusal = kubectl
        .run(&["logs", "shop", "--database"])
        .await
        .unwrap_err();
    assert!(refusal.contains("not run by the operator"), "{refusal}");
}

#[tokio::test]
async fn nothing_is_forwarded_while_no_pod_is_ready() {
    let world = World::without_simulator("cli-connect").await;
    world.create(json!({})).await;
    let kubectl = administrator(&world).await;
    let refusal = kubectl
        .run(&["connect", "shop", "--port", "0"])
        .await
        .unwrap_err();
    assert!(refusal.contains("no pod of shop is ready"), "{refusal}");
}

#[tokio::test]
async fn completion_names_the_resources_of_the_namespace() {
    let world = World::without_simulator("cli-complete").await;
    world.create(json!({})).await;
    let kubeconfig = administrator(&world).await;
    let words = kubeconfig.complete(&["retry", "sh"]).await;
    assert_eq!(words, "shop\n:4\n");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told_with_where_to_look() {
    let world = World::without_simulator("cli-none").await;
    let kubectl = administrator(&world).await;
    let refusal = kubectl.run(&["status", "shpo"]).await.unwrap_err();
    assert!(
        refusal.starts_with("there is no AuthBackend shpo in namespace"),
        "{refusal}"
    );
    let empty = kubectl.run(&["status"]).await.unwrap();
    assert_eq!(
        empty,
        format!("No AuthBackends in namespace {}.\n", world.namespace)
    );
}

#[tokio::test]
async fn a_missing_right_is_told_with_whom_to_ask() {
    let world = World::without_simulator("cli-forbidden").await;
    let kubectl = CommandLine::of(User::Operator, "default").await;
    let refusal = kubectl.run(&["status", "shop"]).await.unwrap_err();
    assert!(
        refusal.contains("cannot get resource \"authbackends\""),
        "{refusal}"
    );
    assert!(refusal.contains("kubectl auth can-i"), "{refusal}");
    drop(world);
}

#[tokio::test]
async fn a_cluster_without_the_definition_is_told_with_how_to_install_it() {
    let world = World::without_simulator("cli-no-crd").await;
    let kubectl = CommandLine::at(User::Administrator, &world.namespace, "/elsewhere").await;
    for words in [&["status", "shop"][..], &["status"], &["retry", "shop"]] {
        let refusal = kubectl.run(words).await.unwrap_err();
        assert!(refusal.contains("helm install"), "{refusal}");
    }
}
