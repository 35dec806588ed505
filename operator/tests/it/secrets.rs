//! Secrets: waited for by name, read by reference, shown to nobody.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use authbackend_crds::v1alpha1::AuthBackend;
use hyper::{Method, Request, header};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Client;
use kube::client::Body;
use serde_json::json;
use tower::BoxError;

use crate::harness::{World, condition};

#[tokio::test]
async fn a_missing_secret_is_named_and_waited_for() {
    let world = World::new("late").await;
    let _operator = world.operator();
    world.create(json!({})).await;
    let shop = world.condition("Ready", "False", "WaitingForSecret").await;
    assert!(
        condition(&shop, "Ready")
            .unwrap()
            .message
            .contains("shop-db")
    );
    assert!(world.jobs().await.is_empty());
    world.database_secret().await;
    world.ready().await;
}

#[tokio::test]
async fn a_missing_key_is_named_and_waited_for() {
    let world = World::new("late").await;
    world
        .secret("shop-db", &[("url", "postgres://a:b@c/d")])
        .await;
    let _operator = world.operator();
    world.create(json!({})).await;
    let shop = world.condition("Ready", "False", "WaitingForSecret").await;
    let message = &condition(&shop, "Ready").unwrap().message;
    assert!(
        message.contains("shop-db") && message.contains("uri"),
        "{message}"
    );
    world.database_secret().await;
    world.ready().await;
}

#[tokio::test]
async fn a_value_that_is_no_url_is_reported_without_being_shown() {
    let world = World::new("url").await;
    world
        .secret("shop-db", &[("uri", "hunter2 is not a URL")])
        .await;
    let _operator = world.operator();
    world.create(json!({})).await;
    let shop = world
        .condition("Stalled", "True", "InvalidDatabaseURL")
        .await;
    assert!(!serde_json::to_string(&shop).unwrap().contains("hunter2"));
    world.database_secret().await;
    world.ready().await;
}

#[tokio::test]
async fn keys_that_are_not_referred_to_change_nothing() {
    let world = World::new("unrelated").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    world.rest(&operator).await;
    let deployment: Deployment = world.get("shop").await;
    let writes = operator.metrics.writes();
    let url = "postgres://shop:hunter2@db.example:5432/shop";
    world
        .secret("shop-db", &[("uri", url), ("unrelated", "1")])
        .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(operator.metrics.writes(), writes);
    let after: Deployment = world.get("shop").await;
    assert_eq!(
        after.metadata.resource_version,
        deployment.metadata.resource_version
    );
}

#[tokio::test]
async fn another_password_for_the_same_database_needs_no_migration() {
    let world = World::new("rotated").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let before: Deployment = world.get("shop").await;
    world
        .secret(
            "shop-db",
            &[("uri", "postgres://shop:other@db.example:5432/shop")],
        )
        .await;
    world.rest(&operator).await;
    world.ready().await;
    let after: Deployment = world.get("shop").await;
    assert_eq!(
        after.metadata.generation, before.metadata.generation,
        "pods read the file again"
    );
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test]
async fn other_values_of_the_listed_signing_secrets_restart_nothing() {
    let world = World::new("signing-rotated").await;
    world.database_secret().await;
    let values = |first, second| [("first", first), ("second", second)];
    world
        .secret(
            "signing",
            &values(
                "hunter2-hunter2-hunter2-hunter2-1",
                "hunter2-hunter2-hunter2-hunter2-0",
            ),
        )
        .await;
    let operator = world.operator();
    let refs = ["first", "second"].map(|key| json!({"name": "signing", "key": key}));
    world.create(json!({"secretRefs": refs})).await;
    world.ready().await;
    world.rest(&operator).await;
    let before: Deployment = world.get("shop").await;
    world
        .secret(
            "signing",
            &values(
                "hunter2-hunter2-hunter2-hunter2-2",
                "hunter2-hunter2-hunter2-hunter2-1",
            ),
        )
        .await;
    world.rest(&operator).await;
    let after: Deployment = world.get("shop").await;
    assert_eq!(before.metadata.generation, after.metadata.generation);
    assert!(!serde_json::to_string(&after).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn a_secret_of_the_settings_is_waited_for_and_may_change_without_a_rollout() {
    let world = World::new("settings-secret").await;
    world.database_secret().await;
    let operator = world.operator();
    let google = json!({"clientId": "id", "clientSecretRef": {"name": "google", "key": "secret"}});
    world
        .create(json!({"auth": {"socialProviders": {"google": google}}}))
        .await;
    let shop = world.condition("Ready", "False", "WaitingForSecret").await;
    let message = &condition(&shop, "Ready").unwrap().message;
    assert!(message.contains("google"), "{message}");
    world.secret("google", &[("secret", "hunter2")]).await;
    world.ready().await;
    world.rest(&operator).await;
    let before: Deployment = world.get("shop").await;
    world.secret("google", &[("secret", "hunter3")]).await;
    world.rest(&operator).await;
    let after: Deployment = world.get("shop").await;
    assert_eq!(before.metadata.generation, after.metadata.generation);
}

#[tokio::test]
async fn no_secret_is_shown_anywhere() {
    let world = World::new("shown").await;
    world.database_secret().await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    let signing: Secret = world.get("shop-signing").await;
    let signing = String::from_utf8(signing.data.unwrap()["secret"].0.clone()).unwrap();
    let shop: AuthBackend = world.get("shop").await;
    let deployment: Deployment = world.get("shop").await;
    let settings: ConfigMap = world.get(&world.only_settings().await).await;
    let shown = [
        serde_json::to_string(&shop).unwrap(),
        serde_json::to_string(&deployment).unwrap(),
        serde_json::to_string(&settings).unwrap(),
        serde_json::to_string(&world.jobs().await).unwrap(),
        world.events().await,
    ];
    for text in shown {
        assert!(
            !text.contains("hunter2") && !text.contains(&signing),
            "{text}"
        );
    }
}

/// Paths of all that is read of Secrets, and the forms in which it was asked for.
type Reads = Arc<Mutex<BTreeSet<(String, String)>>>;

/// A client that takes note of `reads`.
fn noting(inner: Client, reads: &Reads) -> Client {
    let (reads, namespace) = (Arc::clone(reads), inner.default_namespace().to_owned());
    let service = tower::service_fn(move |request: Request<Body>| {
        let path = request.uri().path().to_owned();
        if request.method() == Method::GET && path.contains("/secrets") {
            let form = request.headers().get(header::ACCEPT);
            let form = form.map_or("", |form| form.to_str().unwrap()).to_owned();
            reads.lock().unwrap().insert((path, form));
        }
        let inner = inner.clone();
        async move { Ok::<_, BoxError>(inner.send(request).await?) }
    });
    Client::new(service, namespace)
}

#[tokio::test]
async fn secrets_are_watched_by_metadata_and_read_only_where_they_are_referred_to() {
    let world = World::new("reads").await;
    world.database_secret().await;
    world.secret("unrelated", &[("key", "before")]).await;
    let reads = Reads::default();
    let client = noting(world.operator_client.clone(), &reads);
    let operator = world.replica(client, "operator-0", None);
    world.create(json!({})).await;
    world.ready().await;
    world.secret("unrelated", &[("key", "after")]).await;
    world.rest(&operator).await;
    let mut read = BTreeSet::new();
    for (path, form) in reads.lock().unwrap().iter() {
        match path.rsplit_once("/secrets/") {
            Some((_, name)) => {
                read.insert(name.to_owned());
            }
            // A list or a watch.
            None => assert!(form.contains("as=PartialObjectMetadata"), "{form}"),
        }
    }
    assert_eq!(
        read,
        ["shop-db", "shop-signing"].map(str::to_owned).into(),
        "and lists by metadata: {:?}",
        reads.lock().unwrap()
    );
    let lists = reads.lock().unwrap().len() - read.len();
    assert!(lists > 0, "nothing is watched");
}
