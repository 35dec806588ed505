//! The API server refuses what the schema forbids, with messages that say what to do.

use authbackend_crds::v1alpha1::AuthBackend;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::World;

/// What the server says to AuthBackend `shop` with this `spec`, completed by the harness.
async fn refusal(world: &World, spec: Value) -> String {
    match world.try_create(spec).await {
        Err(kube::Error::Api(status)) => status.message.clone(),
        Err(error) => panic!("not an answer of the server: {error}"),
        Ok(_) => "accepted".to_owned(),
    }
}

#[tokio::test]
async fn specs_that_cannot_work_are_refused_with_the_remedy() {
    let world = World::without_simulator("admission").await;
    let table = [
        (
            json!({"baseURL": "shop.example"}),
            "must be an http or https URL",
        ),
        (
            json!({"baseURL": "https://shop.example/api?x=1"}),
            "must have neither query nor fragment",
        ),
        (
            json!({"baseURL": "https://u:p@shop.example"}),
            "must hold no credentials",
        ),
        (
            json!({"baseURL": "https://shop.example/"}),
            "must not end with a slash",
        ),
        (json!({"database": null}), "spec.database"),
        (
            json!({"database": {"secretRef": null}}),
            "set exactly one of secretRef, connection, cnpg and managed",
        ),
        (
            json!({"database": {"managed": {}}}),
            "set exactly one of secretRef, connection, cnpg and managed",
        ),
        (
            json!({"replicas": 2, "autoscaling": {"maxReplicas": 3}}),
            "replicas and autoscaling exclude each other",
        ),
        (
            json!({"image": "a:1", "version": "1"}),
            "image and version exclude each other",
        ),
        (
            json!({"autoscaling": {"minReplicas": 3, "maxReplicas": 2}}),
            "minReplicas must not be above maxReplicas",
        ),
        (json!({"replicas": -1}), "spec.replicas"),
        (
            json!({"env": [{"name": "AUTH_SECRET", "value": "x"}]}),
            "are set by the operator",
        ),
        (
            json!({"exposure": {"service": {"nodePort": 30000}}}),
            "needs type NodePort or LoadBalancer",
        ),
    ];
    are_refused(&world, &table).await;
}

async fn are_refused(world: &World, table: &[(Value, &str)]) {
    for (spec, expected) in table {
        let message = refusal(world, spec.clone()).await;
        assert!(
            message.contains(expected),
            "{spec}\nexpected: {expected}\nfound: {message}"
        );
    }
}

#[tokio::test]
async fn ways_in_that_cannot_work_are_refused_with_the_remedy() {
    let world = World::without_simulator("admission").await;
    let table = [
        (
            json!({"baseURL": "https://10.0.0.1/api", "exposure": {"ingress": {}}}),
            "need a host name in baseURL",
        ),
        (
            json!({"baseURL": "http://shop.example", "exposure": {"certificate": {"issuerRef": {"name": "ca"}}}}),
            "exposure.certificate: needs a baseURL that starts with https://",
        ),
        (
            json!({"baseURL": "http://shop.example", "exposure": {"ingress": {"tlsSecretName": "tls"}}}),
            "exposure.ingress.tlsSecretName: needs a baseURL that starts with https://",
        ),
        (
            json!({"exposure": {"httpRoute": {"parentRefs": []}}}),
            "spec.exposure.httpRoute.parentRefs",
        ),
        (
            json!({"monitoring": {"podMonitor": {"interval": "often"}}}),
            "spec.monitoring.podMonitor.interval",
        ),
    ];
    are_refused(&world, &table).await;
}

#[tokio::test]
async fn lists_that_name_an_item_twice_are_refused() {
    let world = World::without_simulator("admission").await;
    let variable = json!({"name": "LOG_LEVEL", "value": "info"});
    let spread = json!({"topologyKey": "zone"});
    let table = [
        (json!({"env": [variable, variable]}), "duplicate entries"),
        (
            json!({"imagePullSecrets": [{"name": "mirror"}, {"name": "mirror"}]}),
            "duplicate entries",
        ),
        (
            json!({"topologySpread": [spread, spread]}),
            "lists the same topologyKey and whenUnsatisfiable twice",
        ),
    ];
    are_refused(&world, &table).await;
    let other = json!({"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"});
    world
        .create(json!({"topologySpread": [spread, other]}))
        .await;
}

#[tokio::test]
async fn amounts_that_are_none_are_refused() {
    let world = World::without_simulator("admission").await;
    let managed = |managed: Value| json!({"database": {"secretRef": null, "managed": managed}});
    let size = |size: Value| managed(json!({"storage": {"size": size}}));
    let of_size = "spec.database.managed.storage.size";
    let table = [
        (size(json!("10GB")), of_size),
        (size(json!("-1Gi")), of_size),
        (size(json!("0")), of_size),
        (size(json!(0)), of_size),
        (
            json!({"resources": {"limits": {"memory": "10GB"}}}),
            "spec.resources.limits.memory",
        ),
        (
            json!({"migration": {"resources": {"requests": {"cpu": "fast"}}}}),
            "spec.migration.resources.requests.cpu",
        ),
        (
            managed(json!({"resources": {"requests": {"cpu": -1}}})),
            "spec.database.managed.resources.requests.cpu",
        ),
    ];
    are_refused(&world, &table).await;
    let mut accepted = size(json!("10Gi"));
    accepted["resources"] = json!({"requests": {"cpu": 1, "memory": "0.5Gi"}});
    world.create(accepted).await;
}

#[tokio::test]
async fn a_managed_database_can_be_neither_removed_nor_added() {
    let world = World::without_simulator("admission").await;
    world.create(json!({})).await;
    let patch = json!({"spec": {"database": {"secretRef": null, "managed": {}}}});
    let api: Api<AuthBackend> = world.api();
    let error = api
        .patch("shop", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("managed can be neither added nor removed later"),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_that_is_too_long_for_what_is_named_after_it_is_refused() {
    let world = World::without_simulator("admission").await;
    let name = "a".repeat(44);
    let object = json!({
        "apiVersion": "authbackend.dev/v1alpha1",
        "kind": "AuthBackend",
        "metadata": {"name": name},
        "spec": {"baseURL": "https://shop.example", "database": {"managed": {}}},
    });
    let api: Api<AuthBackend> = world.api();
    let error = api
        .patch(&name, &PatchParams::apply("test"), &Patch::Apply(&object))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("at most 43"), "{error}");
}
