//! Resources of a schema that is newer than this operator.

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, CustomResourceExt as _};
use serde_json::json;
use tokio::sync::OnceCell;

use crate::harness::World;

/// Adds to the schema what a later release might add: a field, and a value of an enumeration. Harmless to the other tests.
async fn newer_schema(world: &World) {
    static DONE: OnceCell<()> = OnceCell::const_new();
    DONE.get_or_init(|| async {
        let api: Api<CustomResourceDefinition> = Api::all(world.client.clone());
        let mut definition = api.get(AuthBackend::crd_name()).await.unwrap();
        let schema = definition.spec.versions[0].schema.as_mut().unwrap();
        let root = schema.open_api_v3_schema.as_mut().unwrap();
        let spec = root
            .properties
            .as_mut()
            .unwrap()
            .get_mut("spec")
            .unwrap()
            .properties
            .as_mut()
            .unwrap();
        let policies = spec
            .get_mut("deletionPolicy")
            .unwrap()
            .enum_
            .as_mut()
            .unwrap();
        policies.push(serde_json::from_value(json!("Archive")).unwrap());
        spec.insert(
            "later".to_owned(),
            serde_json::from_value(json!({"type": "string"})).unwrap(),
        );
        api.replace(
            AuthBackend::crd_name(),
            &kube::api::PostParams::default(),
            &definition,
        )
        .await
        .unwrap();
    })
    .await;
}

/// Creates a resource that this release's types may not hold; the server needs a moment to serve a new schema.
async fn create(world: &World, name: &str, spec: serde_json::Value) {
    let object = json!({
        "apiVersion": "authbackend.dev/v1alpha1", "kind": "AuthBackend", "metadata": {"name": name}, "spec": spec,
    });
    let api: Api<DynamicObject> = Api::namespaced_with(
        world.client.clone(),
        &world.namespace,
        &kube::api::ApiResource::erase::<AuthBackend>(&()),
    );
    let params = PatchParams::apply("test").validation_strict();
    for _ in 0..100 {
        if api
            .patch(name, &params, &Patch::Apply(&object))
            .await
            .is_ok()
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{name} is refused");
}

#[tokio::test]
async fn an_unknown_field_is_no_obstacle() {
    let world = World::new("newer").await;
    newer_schema(&world).await;
    world.database_secret().await;
    let _operator = world.operator();
    let database = json!({"secretRef": {"name": "shop-db", "key": "uri"}});
    create(
        &world,
        "shop",
        json!({"baseURL": "https://a.example", "database": database, "later": "x"}),
    )
    .await;
    world.ready().await;
    let stored = serde_json::to_value(world.get::<AuthBackend>("shop").await).unwrap();
    assert_eq!(stored["spec"]["baseURL"], "https://a.example");
    let api: Api<DynamicObject> = Api::namespaced_with(
        world.client.clone(),
        &world.namespace,
        &kube::api::ApiResource::erase::<AuthBackend>(&()),
    );
    assert_eq!(
        api.get("shop").await.unwrap().data["spec"]["later"],
        "x",
        "it is kept"
    );
}

#[tokio::test]
async fn a_resource_that_is_not_understood_does_not_stop_the_others() {
    let world = World::new("newer").await;
    newer_schema(&world).await;
    world.database_secret().await;
    let database = json!({"managed": {}});
    create(
        &world,
        "later",
        json!({"baseURL": "https://a.example", "database": database, "deletionPolicy": "Archive"}),
    )
    .await;
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
    assert!(world.find::<Deployment>("later").await.is_none());
    assert!(world.events().await.contains("InvalidObject"));
}
