//! Optional APIs that appear and go while the operator runs, and the ways in.

use std::fs;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use authbackend_crds::v1alpha1::AuthBackend;
use authbackend_operator::optional::OptionalApi;

use crate::harness::World;

/// Installs the definition of `api`.
pub async fn install(world: &World, api: OptionalApi) {
    let definition = definition(api);
    let name = definition["metadata"]["name"].as_str().unwrap();
    let definitions: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    let params = PatchParams::apply("test");
    definitions
        .patch(name, &params, &Patch::Apply(&definition))
        .await
        .unwrap();
}

/// The definition that its own project publishes; of what is only read, one that takes anything.
fn definition(api: OptionalApi) -> Value {
    let (group, version) = api.api_version().split_once('/').unwrap();
    let (kind, plural) = (api.kind(), api.plural());
    let name = format!("{plural}.{group}");
    if api != OptionalApi::Cluster {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/definitions");
        let text = fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
        return serde_json::from_str(&text).unwrap();
    }
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase()},
            "scope": "Namespaced",
            "versions": [{
                "name": version, "served": true, "storage": true,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": open, "status": open}}},
            }],
        },
    })
}

async fn uninstall(world: &World, api: OptionalApi) {
    let (group, _) = api.api_version().split_once('/').unwrap();
    let definitions: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    let name = format!("{}.{group}", api.plural());
    definitions
        .delete(&name, &DeleteParams::default())
        .await
        .unwrap();
}

pub fn objects(world: &World, api: OptionalApi) -> Api<DynamicObject> {
    Api::namespaced_with(world.client.clone(), &world.namespace, &api.resource())
}

/// Waits for the object `shop` of `api`.
async fn made(world: &World, api: OptionalApi) -> DynamicObject {
    for _ in 0..600 {
        if let Ok(Some(found)) = objects(world, api).get_opt("shop").await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{api} is not made within a minute");
}

/// Plays the controller of `api`.
pub async fn say(world: &World, api: OptionalApi, name: &str, status: Value) {
    let patch = Patch::Merge(json!({"status": status}));
    objects(world, api)
        .patch_status(name, &PatchParams::default(), &patch)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_service_monitor_scrapes_the_pods_behind_the_service() {
    let api = OptionalApi::ServiceMonitor;
    let world = World::new("service-monitor").await;
    install(&world, api).await;
    world.database_secret().await;
    let operator = world.operator();
    let monitor = json!({"interval": "30s", "labels": {"release": "prometheus"}});
    world
        .create(json!({"monitoring": {"serviceMonitor": monitor}}))
        .await;
    world.ready().await;
    let made = made(&world, api).await;
    let endpoint = json!({"targetPort": "admin", "path": "/metrics", "interval": "30s"});
    assert_eq!(made.data["spec"]["endpoints"], json!([endpoint]));
    assert_eq!(made.labels()["release"], "prometheus");
    let service: Service = world.get("shop").await;
    let selector = made.data["spec"]["selector"]["matchLabels"].clone();
    for (label, value) in selector.as_object().unwrap() {
        assert_eq!(json!(service.labels().get(label)), *value);
    }
    world.rest(&operator).await;
}

/// The only test with this API: nobody else's operator may find it served.
#[tokio::test]
async fn an_api_may_be_installed_later_and_go_again() {
    let api = OptionalApi::PodMonitor;
    let world = World::new("optional").await;
    world.database_secret().await;
    let operator = world.operator();
    world
        .create(json!({"monitoring": {"podMonitor": {}}}))
        .await;
    world.condition("Stalled", "True", "MissingAPI").await;

    install(&world, api).await;
    world.ready().await;
    let first = made(&world, api).await;

    // It is watched by now.
    objects(&world, api)
        .delete("shop", &DeleteParams::default())
        .await
        .unwrap();
    let second = made(&world, api).await;
    assert_ne!(first.uid(), second.uid());
    world.ready().await;
    world.rest(&operator).await;

    uninstall(&world, api).await;
    world.condition("Ready", "False", "MissingAPI").await;
}

/// Plays a Gateway that takes the route, and cert-manager, each of which is waited for.
async fn are_taken(world: &World, [route, certificate]: [OptionalApi; 2]) {
    world.condition("Ready", "False", "WaitingForGateway").await;
    let condition = |type_| {
        json!({
            "type": type_, "status": "True", "reason": type_, "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        })
    };
    let parents = json!([{
        "parentRef": {"name": "public"},
        "controllerName": "gateway.example/controller",
        "conditions": [condition("Accepted"), condition("ResolvedRefs")],
    }]);
    say(world, route, "shop", json!({"parents": parents})).await;
    world
        .condition("Ready", "False", "WaitingForCertificate")
        .await;
    let ready = json!({"conditions": [{"type": "Ready", "status": "True"}]});
    say(world, certificate, "shop", ready).await;
}

#[tokio::test]
async fn routes_and_certificates_are_made_put_right_and_deleted() {
    let world = World::new("routes").await;
    let apis = [OptionalApi::HttpRoute, OptionalApi::Certificate];
    for api in apis {
        install(&world, api).await;
    }
    world.database_secret().await;
    let operator = world.operator();
    world
        .create(json!({"exposure": {
            "httpRoute": {"parentRefs": [{"name": "public"}]},
            "certificate": {"issuerRef": {"name": "ca"}},
        }}))
        .await;
    for api in apis {
        made(&world, api).await;
    }
    are_taken(&world, apis).await;
    world.ready().await;
    let patch = Patch::Merge(json!({"spec": {"hostnames": ["evil.example"]}}));
    objects(&world, OptionalApi::HttpRoute)
        .patch("shop", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let right = |found: &DynamicObject| found.data["spec"]["hostnames"] == json!(["shop.example"]);
    for _ in 0..600 {
        if right(&made(&world, OptionalApi::HttpRoute).await) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(right(&made(&world, OptionalApi::HttpRoute).await));
    world.rest(&operator).await;

    world.edit(json!({"exposure": null})).await;
    world.ready().await;
    world.rest(&operator).await;
    for api in apis {
        assert!(
            objects(&world, api)
                .get_opt("shop")
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn an_ingress_and_policies_are_made_made_again_and_at_rest() {
    let world = World::new("ingress").await;
    world.database_secret().await;
    let operator = world.operator();
    world
        .create(json!({
            "exposure": {"ingress": {"className": "nginx", "tlsSecretName": "tls"}},
            "networkPolicy": {
                "apiFrom": [{"namespaceSelector": {"matchLabels": {"team": "edge"}}}],
                "additionalEgress": [{"ports": [{"port": 4317}]}],
            },
        }))
        .await;
    world.ready().await;
    world.until("shop", "made", |_: &Ingress| true).await;
    world.until("shop", "made", |_: &NetworkPolicy| true).await;
    world.rest(&operator).await;
    world.delete::<Ingress>("shop").await;
    world.until("shop", "made again", |_: &Ingress| true).await;
    world.rest(&operator).await;
    world.edit(json!({"exposure": null})).await;
    world.gone::<Ingress>("shop").await;
    let found: AuthBackend = world.ready().await;
    assert_eq!(found.name_any(), "shop");
}
