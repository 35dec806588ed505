//! What the spec says of pods reaches the Deployment, and the API server's defaults are not fought over.

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::World;

/// A spec, and what the pods' template has to have or hold at a JSON pointer.
fn fields() -> Vec<(Value, &'static str, Value)> {
    let template = |spec: Value| json!({"podTemplate": {"spec": spec}});
    let tolerations = json!([{"key": "dedicated", "operator": "Equal", "value": "auth"}]);
    let zone = json!([{"topologyKey": "topology.kubernetes.io/zone", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}]);
    let term = json!({"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]});
    let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}});
    let proxy = json!({"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"});
    let variable = json!({"name": "HTTPS_PROXY", "value": "http://proxy:3128"});
    vec![
        (
            json!({"priorityClassName": "critical"}),
            "/spec/priorityClassName",
            json!("critical"),
        ),
        (
            json!({"topologySpread": zone}),
            "/spec/topologySpreadConstraints/0/maxSkew",
            json!(2),
        ),
        (
            json!({"imagePullSecrets": [{"name": "mirror"}]}),
            "/spec/imagePullSecrets/0/name",
            json!("mirror"),
        ),
        (
            json!({"resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}}}),
            "/spec/containers/0/resources/requests/cpu",
            json!("500m"),
        ),
        (
            template(json!({"nodeSelector": {"disk": "ssd"}})),
            "/spec/nodeSelector/disk",
            json!("ssd"),
        ),
        (
            template(json!({"tolerations": tolerations})),
            "/spec/tolerations/0/key",
            json!("dedicated"),
        ),
        (
            template(json!({"affinity": &affinity})),
            "/spec/affinity",
            affinity,
        ),
        (
            template(json!({"initContainers": [proxy]})),
            "/spec/initContainers/0/restartPolicy",
            json!("Always"),
        ),
        (
            template(json!({"containers": [{"name": "server", "env": [&variable]}]})),
            "/spec/containers/0/env",
            variable,
        ),
        (
            json!({"podTemplate": {"metadata": {"labels": {"team": "identity"}}}}),
            "/metadata/labels/team",
            json!("identity"),
        ),
    ]
}

#[tokio::test]
async fn each_field_reaches_the_pods_and_is_at_rest() {
    let world = World::new("placement").await;
    world.database_secret().await;
    let operator = world.operator();
    world.create(json!({})).await;
    for (spec, pointer, expected) in fields() {
        let mut edit = json!({
            "priorityClassName": null, "topologySpread": null, "imagePullSecrets": null,
            "resources": null, "podTemplate": null,
        });
        for (field, value) in spec.as_object().unwrap() {
            edit[field] = value.clone();
        }
        world.edit(edit).await;
        world
            .until("shop", pointer, |found: &Deployment| {
                let found = serde_json::to_value(found).unwrap();
                let found = found["spec"]["template"].pointer(pointer);
                found == Some(&expected)
                    || found
                        .and_then(Value::as_array)
                        .is_some_and(|list| list.contains(&expected))
            })
            .await;
        world.ready().await;
        world.rest(&operator).await;
        let before = operator.metrics.writes();
        // Has the operator look again.
        let note = json!({"metadata": {"annotations": {"note": pointer}}});
        let resources: Api<AuthBackend> = world.api();
        resources
            .patch("shop", &PatchParams::default(), &Patch::Merge(note))
            .await
            .unwrap();
        world.rest(&operator).await;
        assert_eq!(operator.metrics.writes(), before, "{spec} is written again");
    }
}
