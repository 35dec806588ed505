//! Two AuthBackends on one database.

use std::collections::BTreeMap;
use std::time::Duration;

use authbackend_crds::v1alpha1::AuthBackend;
use authbackend_operator::health::Phase;
use futures::future::join_all;
use kube::ResourceExt as _;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;

use crate::harness::{World, condition, status};

/// Databases, each with two AuthBackends.
const DATABASES: usize = 20;

/// How long to wait for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

async fn create(world: &World, name: String, database: usize) {
    let object = json!({
        "apiVersion": "authbackend.dev/v1alpha1", "kind": "AuthBackend", "metadata": {"name": name},
        "spec": {
            "baseURL": "https://shop.example/api",
            "database": {"secretRef": {"name": format!("db-{database}"), "key": "uri"}},
        },
    });
    let params = PatchParams::apply("test");
    let api = world.api::<AuthBackend>();
    api.patch(&name, &params, &Patch::Apply(&object))
        .await
        .unwrap();
}

/// How many AuthBackends migrate and how many are refused, of each database, once that is known of all.
async fn decided(world: &World) -> BTreeMap<String, [usize; 2]> {
    let start = std::time::Instant::now();
    loop {
        let api = world.api::<AuthBackend>();
        let found = api.list(&ListParams::default()).await.unwrap();
        let mut decided: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        let mut count = 0;
        for found in found {
            let reason = condition(&found, "Ready").map(|ready| ready.reason.as_str());
            let place = match reason {
                Some("Migrating") => 0,
                Some("DatabaseConflict") => 1,
                _ => continue,
            };
            count += 1;
            let secret = found.spec.database.secret_ref.clone().unwrap().name;
            decided.entry(secret).or_default()[place] += 1;
        }
        if count == 2 * DATABASES {
            return decided;
        }
        assert!(start.elapsed() < PATIENCE, "{decided:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn of_two_made_at_once_on_one_database_one_migrates_also_after_a_restart() {
    let world = World::without_simulator("claims").await;
    for database in 0..DATABASES {
        let url = format!("postgres://shop:hunter2@db.example:5432/shop-{database}");
        world
            .secret(&format!("db-{database}"), &[("uri", &url)])
            .await;
    }
    let operator = world.operator();
    let pairs = (0..DATABASES).flat_map(|database| {
        ["one", "two"].map(|name| create(&world, format!("{name}-{database}"), database))
    });
    join_all(pairs).await;
    let first = decided(&world).await;
    assert!(first.values().all(|counts| *counts == [1, 1]), "{first:?}");
    assert_eq!(world.jobs().await.len(), DATABASES);

    operator.kill().await;
    let second = world.operator();
    world.rest(&second).await;
    assert_eq!(decided(&world).await, first);
    let jobs = world.jobs().await;
    assert_eq!(jobs.len(), DATABASES);
    for found in world
        .api::<AuthBackend>()
        .list(&ListParams::default())
        .await
        .unwrap()
    {
        let migrates = status(&found)
            .migration
            .is_some_and(|it| jobs.iter().any(|job| job.name_any() == it.job));
        let refused = condition(&found, "Ready").is_some_and(|it| it.reason == "DatabaseConflict");
        assert_ne!(migrates, refused, "{}", found.name_any());
    }
}

#[tokio::test]
async fn a_namespace_that_cannot_be_listed_does_not_stop_the_others() {
    let world = World::new("refused-list").await;
    world.database_secret().await;
    let operator = world.operator_also_in("nobody-may-look-here");
    world.create(json!({})).await;
    world.ready().await;
    operator.reaches(Phase::Leading).await;
    let metrics = operator.metrics.encode();
    assert!(
        metrics.contains("authbackend_operator_namespaces_refused 1\n"),
        "{metrics}"
    );
}
