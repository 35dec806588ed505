//! What the chart renders and what the operator makes, as the API server judges them: with strict validation, and under the
//! restricted Pod Security profile.

use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Namespace, Pod, PodTemplateSpec};
use kube::api::{DynamicObject, ObjectMeta, Patch, PatchParams, PostParams};
use kube::discovery;
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use crate::harness::World;

/// Values that together reach the objects that the chart can make of kinds that every cluster has.
const VARIANTS: [&[&str]; 4] = [
    &["replicas=2", "metrics.dashboard.enabled=true"],
    &[
        "watchNamespaces={team-a,team-b}",
        "leaderElection.enabled=false",
    ],
    &[
        "imageRegistry=mirror.example",
        "podLabels.a=b",
        "priorityClassName=system-cluster-critical",
    ],
    &[
        "tracing.endpoint=http://collector:4318",
        "tracing.headersSecret.name=collector",
    ],
];

fn helm() -> PathBuf {
    let cached = || Some(Path::new(&std::env::var_os("HOME")?).join(".cache/authbackend/bin/helm"));
    std::env::var_os("HELM_BIN")
        .map(PathBuf::from)
        .or_else(cached)
        .filter(|path| path.exists())
        .expect("HELM_BIN is not set; run: cargo xtask test operator")
}

fn render(values: &[&str]) -> Vec<DynamicObject> {
    let mut command = Command::new(helm());
    command
        .args([
            "template",
            "authbackend-operator",
            "--namespace",
            "authbackend-system",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/authbackend-operator"));
    for value in values {
        command.args(["--set", value]);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let documents: Vec<Option<DynamicObject>> = serde_saphyr::from_multiple(&text).unwrap();
    documents.into_iter().flatten().collect()
}

async fn namespace(world: &World, name: &str, labels: Value) {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    let api: Api<Namespace> = Api::all(world.client.clone());
    api.patch(name, &PatchParams::apply("test"), &Patch::Apply(&object))
        .await
        .unwrap();
}

/// What the API server says to a pod of this template where only restricted pods may be.
pub async fn admit(
    world: &World,
    namespace: &str,
    template: PodTemplateSpec,
) -> Result<Pod, kube::Error> {
    let mut metadata = template.metadata.unwrap_or_default();
    metadata.generate_name = Some("tried-".to_owned());
    let pod = Pod {
        metadata,
        spec: template.spec,
        ..Pod::default()
    };
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    Api::namespaced(world.client.clone(), namespace)
        .create(&params, &pod)
        .await
}

fn restricted() -> Value {
    json!({"pod-security.kubernetes.io/enforce": "restricted"})
}

#[tokio::test]
async fn the_api_server_accepts_every_rendered_object_as_it_is() {
    let world = World::without_simulator("chart").await;
    for name in ["authbackend-system", "team-a", "team-b"] {
        namespace(&world, name, json!({})).await;
    }
    let params = PatchParams::apply("helm")
        .force()
        .dry_run()
        .validation_strict();
    for values in VARIANTS {
        let objects = render(values);
        assert!(objects.len() > 6, "{values:?}");
        for object in objects {
            let types = object.types.clone().unwrap();
            let kind = types.kind.clone();
            let group = kube::core::GroupVersionKind::try_from(&types).unwrap();
            let (resource, capabilities) =
                discovery::pinned_kind(&world.client, &group).await.unwrap();
            let api: Api<DynamicObject> = match (&capabilities.scope, object.namespace()) {
                (discovery::Scope::Cluster, None) => Api::all_with(world.client.clone(), &resource),
                (discovery::Scope::Namespaced, Some(namespace)) => {
                    Api::namespaced_with(world.client.clone(), &namespace, &resource)
                }
                (scope, namespace) => panic!("{kind}: {scope:?} in {namespace:?}"),
            };
            let answer = api
                .patch(&object.name_any(), &params, &Patch::Apply(&object))
                .await;
            answer.unwrap_or_else(|error| panic!("{kind} {}: {error}", object.name_any()));
        }
    }
}

#[tokio::test]
async fn a_field_that_does_not_exist_would_be_noticed() {
    let world = World::without_simulator("chart-strict").await;
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"ports": [{"port": 80, "tragetPort": 80}]},
    });
    let api: Api<k8s_openapi::api::core::v1::Service> = world.api();
    let params = PatchParams::apply("helm")
        .force()
        .dry_run()
        .validation_strict();
    let refusal = api
        .patch("a", &params, &Patch::Apply(&service))
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("tragetPort"), "{refusal}");
}

#[tokio::test]
async fn the_operators_pods_are_admitted_where_only_restricted_ones_may_be() {
    let world = World::without_simulator("chart-restricted").await;
    namespace(&world, "restricted-operator", restricted()).await;
    for values in VARIANTS {
        let mut tried = 0;
        for object in render(values) {
            let template = match object.types.as_ref().unwrap().kind.as_str() {
                "Deployment" => {
                    let deployment: Deployment = object.try_parse().unwrap();
                    deployment.spec.unwrap().template
                }
                // The test of the release.
                "Pod" => {
                    let Pod { metadata, spec, .. } = object.try_parse().unwrap();
                    let metadata = Some(ObjectMeta {
                        labels: metadata.labels,
                        ..ObjectMeta::default()
                    });
                    PodTemplateSpec { metadata, spec }
                }
                _ => continue,
            };
            admit(&world, "restricted-operator", template)
                .await
                .unwrap();
            tried += 1;
        }
        assert_eq!(tried, 2, "{values:?}");
    }
}

#[tokio::test]
async fn everything_that_is_made_for_an_auth_backend_may_run_where_only_restricted_pods_may() {
    let world = World::new("pods-restricted").await;
    let _operator = world.operator();
    world
        .create(json!({"database": {"secretRef": null, "managed": {}}}))
        .await;
    world.ready().await;
    namespace(&world, &world.namespace, restricted()).await;
    let deployment: Deployment = world.get("shop").await;
    let database: StatefulSet = world.get("shop-postgres").await;
    let mut templates = vec![
        deployment.spec.unwrap().template,
        database.spec.unwrap().template,
    ];
    templates.extend(
        world
            .jobs()
            .await
            .into_iter()
            .map(|job| job.spec.unwrap().template),
    );
    assert_eq!(templates.len(), 3);
    // Of the claim of the StatefulSet its controller makes a volume.
    let claimed =
        json!({"name": "data", "persistentVolumeClaim": {"claimName": "data-shop-postgres-0"}});
    let database = templates[1].spec.as_mut().unwrap();
    let volumes = database.volumes.get_or_insert_default();
    volumes.push(serde_json::from_value(claimed).unwrap());
    for template in &mut templates {
        // What the job controller adds is for it alone to say.
        let labels = template
            .metadata
            .get_or_insert_default()
            .labels
            .get_or_insert_default();
        labels.retain(|label, _| !label.contains("controller-uid") && !label.contains("job-name"));
        admit(&world, &world.namespace, template.clone())
            .await
            .unwrap();
        for container in &template.spec.as_ref().unwrap().containers {
            let requests = container
                .resources
                .as_ref()
                .and_then(|all| all.requests.as_ref())
                .unwrap();
            assert!(
                requests.contains_key("cpu") && requests.contains_key("memory"),
                "{}",
                container.name
            );
        }
    }
    let mut open = templates.remove(0);
    open.spec.as_mut().unwrap().host_network = Some(true);
    let refusal = admit(&world, &world.namespace, open).await.unwrap_err();
    assert!(refusal.to_string().contains("PodSecurity"), "{refusal}");
}
