//! The bundle for the Operator Lifecycle Manager, as the API server judges what OLM makes of it.

use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role};
use kube::api::{DynamicObject, ObjectMeta, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Resource, ResourceExt as _, discovery};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::harness::World;

const SERVICE_VERSION: &str = "authbackend-operator.clusterserviceversion.yaml";

fn manifests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../olm/manifests")
}

fn manifest<T: DeserializeOwned>(file: &Path) -> T {
    serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// How OLM installs the operator.
fn install() -> Value {
    let version: Value = manifest(&manifests().join(SERVICE_VERSION));
    version["spec"]["install"]["spec"].clone()
}

fn strict() -> PatchParams {
    PatchParams::apply("olm")
        .force()
        .dry_run()
        .validation_strict()
}

async fn apply<K>(api: Api<K>, object: &Value)
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned + Serialize,
{
    let name = object["metadata"]["name"].as_str().unwrap();
    let applied = api.patch(name, &strict(), &Patch::Apply(object)).await;
    applied.unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[tokio::test]
async fn the_api_server_accepts_what_olm_makes_of_the_bundle() {
    let world = World::without_simulator("bundle").await;
    let install = install();
    let deployment = &install["deployments"][0];
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": deployment["name"], "labels": deployment["label"]},
        "spec": deployment["spec"],
    });
    apply::<Deployment>(world.api(), &deployment).await;
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "operator"},
        "rules": install["permissions"][0]["rules"],
    });
    apply::<Role>(world.api(), &role).await;
}

#[tokio::test]
async fn the_api_server_accepts_the_other_manifests_of_the_bundle() {
    let world = World::without_simulator("bundle-manifests").await;
    let mut tried = 0;
    for entry in fs::read_dir(manifests()).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(SERVICE_VERSION) {
            continue;
        }
        let object: DynamicObject = manifest(&path);
        let group = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
        let (resource, capabilities) = discovery::pinned_kind(&world.client, &group).await.unwrap();
        assert_eq!(object.namespace(), None, "OLM says which");
        let api: Api<DynamicObject> = match capabilities.scope {
            discovery::Scope::Cluster => Api::all_with(world.client.clone(), &resource),
            discovery::Scope::Namespaced => {
                Api::namespaced_with(world.client.clone(), &world.namespace, &resource)
            }
        };
        let name = object.name_any();
        let applied = api.patch(&name, &strict(), &Patch::Apply(&object)).await;
        applied.unwrap_or_else(|error| panic!("{name}: {error}"));
        tried += 1;
    }
    assert!(tried > 1, "{tried}");
}

#[tokio::test]
async fn olm_can_grant_the_rights_and_the_operator_needs_no_more() {
    let world = World::without_simulator("bundle-rights").await;
    let rules: Vec<PolicyRule> =
        serde_json::from_value(install()["permissions"][0]["rules"].clone()).unwrap();
    // In place of those that every other test grants.
    let api: Api<Role> = world.api();
    let mut role = api.get("operator").await.unwrap();
    role.rules = Some(rules);
    api.replace("operator", &PostParams::default(), &role)
        .await
        .unwrap();
    world.database_secret().await;
    let _simulator = world.simulate();
    let _operator = world.operator();
    world.create(json!({})).await;
    world.ready().await;
}

#[tokio::test]
async fn a_pod_of_the_bundle_may_run_where_only_restricted_ones_may() {
    let world = World::without_simulator("bundle-restricted").await;
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let restricted = Namespace {
        metadata: ObjectMeta {
            name: Some(world.namespace.clone()),
            labels: serde_json::from_value(labels).unwrap(),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    let api: Api<Namespace> = Api::all(world.client.clone());
    let params = PatchParams::apply("test").force();
    api.patch(&world.namespace, &params, &Patch::Apply(&restricted))
        .await
        .unwrap();
    let spec: DeploymentSpec =
        serde_json::from_value(install()["deployments"][0]["spec"].clone()).unwrap();
    super::chart::admit(&world, &world.namespace, spec.template)
        .await
        .unwrap();
}
