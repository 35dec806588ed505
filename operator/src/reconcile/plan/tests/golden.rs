//! Every produced object as YAML, in `tests/golden/<case>/`. `UPDATE_GOLDEN=1 cargo test -p authbackend-operator --lib golden`
//! writes them anew; read the difference before committing it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::world::World;
use crate::build::job::Kind;
use crate::presence::Rare;
use crate::reconcile::plan::{GeneratedSecret, Resources};

fn directory(case: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", case]
        .iter()
        .collect()
}

/// All objects that come about on the way of `input.yaml` to Ready, by file name.
fn produced(case: &str) -> BTreeMap<String, String> {
    let input = fs::read_to_string(directory(case).join("input.yaml")).unwrap();
    let auth_backend: Value = serde_saphyr::from_str(&input).unwrap();
    let mut world = World::with(&auth_backend);
    // Seen only where `status.contract` is.
    if case == "manual" {
        world.pending_contracts = vec![6];
    }
    let mut files = BTreeMap::new();
    for _ in 0..10 {
        let plan = world.step();
        check_rare(&world, &plan.apply);
        plan.generate
            .iter()
            .for_each(|generated| add_generated(&mut files, generated));
        add_resources(&mut files, plan.apply);
        world.database_gets_ready();
        world.approve();
        world.job_succeeds(1);
        world.pods_get_ready();
    }
    assert_eq!(
        world.condition("Ready").status,
        "True",
        "{}",
        world.condition("Ready").message
    );
    add(&mut files, "status", Some(&world.status()));
    files
}

/// What is made of a rare kind has to be asked for: nobody would look whether it is there already.
fn check_rare(world: &World, resources: &Resources) {
    fn is_asked_for<K: Rare>(made: Option<&K>, world: &World) -> bool {
        made.is_none() || K::is_asked_for(&world.observed.auth_backend.spec)
    }
    assert!(is_asked_for(
        resources.pod_disruption_budget.as_ref(),
        world
    ));
    assert!(is_asked_for(
        resources.horizontal_pod_autoscaler.as_ref(),
        world
    ));
    assert!(is_asked_for(resources.ingress.as_ref(), world));
    assert!(is_asked_for(resources.network_policy.as_ref(), world));
    let spec = &world.observed.auth_backend.spec;
    assert!(resources.optional.keys().all(|api| api.is_wanted(spec)));
}

fn add(files: &mut BTreeMap<String, String>, name: &str, object: Option<&impl Serialize>) {
    if let Some(object) = object {
        // Through JSON, which is what the API server gets.
        let object = serde_json::to_value(object).unwrap();
        files.insert(
            format!("{name}.yaml"),
            serde_saphyr::to_string(&object).unwrap(),
        );
    }
}

fn add_generated(files: &mut BTreeMap<String, String>, generated: &GeneratedSecret) {
    let secret = generated.fill("<random>");
    let name = format!("secret-{}", secret.metadata.name.clone().unwrap());
    add(files, &name, Some(&secret));
}

fn add_resources(files: &mut BTreeMap<String, String>, resources: Resources) {
    // Without `..`: a new kind without a golden file does not compile.
    let Resources {
        service_account,
        config_map,
        signing_secret,
        postgres_secret,
        postgres_service,
        postgres_stateful_set,
        migration_job,
        service,
        deployment,
        pod_disruption_budget,
        horizontal_pod_autoscaler,
        ingress,
        network_policy,
        postgres_network_policy,
        optional,
    } = resources;
    add(files, "service-account", service_account.as_ref());
    add(files, "config-map", config_map.as_ref());
    add(files, "signing-secret-metadata", signing_secret.as_ref());
    add(files, "postgres-secret-metadata", postgres_secret.as_ref());
    add(files, "postgres-service", postgres_service.as_ref());
    add(
        files,
        "postgres-stateful-set",
        postgres_stateful_set.as_ref(),
    );
    if let Some(job) = &migration_job {
        let kind = match Kind::of(job) {
            Kind::Migrate => "migration-job",
            Kind::Plan => "plan-job",
            Kind::Contract => "contract-job",
        };
        add(files, kind, Some(job));
    }
    add(files, "service", service.as_ref());
    add(files, "deployment", deployment.as_ref());
    add(
        files,
        "pod-disruption-budget",
        pod_disruption_budget.as_ref(),
    );
    add(
        files,
        "horizontal-pod-autoscaler",
        horizontal_pod_autoscaler.as_ref(),
    );
    add(files, "ingress", ingress.as_ref());
    add(files, "network-policy", network_policy.as_ref());
    add(
        files,
        "postgres-network-policy",
        postgres_network_policy.as_ref(),
    );
    for (api, object) in &optional {
        let name = format!("optional-{}", api.kind().to_lowercase());
        add(files, &name, Some(object));
    }
}

fn on_disk(case: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory(case))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let files = entries.map(|path| (name(&path), fs::read_to_string(path).unwrap()));
    files.filter(|(name, _)| name != "input.yaml").collect()
}

/// Compares with what is on disk, or writes it.
fn check(case: &str) {
    let produced = produced(case);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        for stale in on_disk(case).keys() {
            fs::remove_file(directory(case).join(stale)).unwrap();
        }
        for (name, text) in &produced {
            fs::write(directory(case).join(name), text).unwrap();
        }
    }
    let expected = on_disk(case);
    assert_eq!(
        expected.keys().collect::<Vec<_>>(),
        produced.keys().collect::<Vec<_>>(),
        "{case}: other files than on disk; UPDATE_GOLDEN=1 writes them"
    );
    for (name, text) in &produced {
        assert!(
            expected[name] == *text,
            "{case}/{name} is stale; UPDATE_GOLDEN=1 writes it. It is now:\n{text}"
        );
    }
}

#[test]
fn minimal() {
    check("minimal");
}

#[test]
fn connection() {
    check("connection");
}

#[test]
fn cloud_native_pg() {
    check("cnpg");
}

#[test]
fn exposed() {
    check("exposed");
}

#[test]
fn managed() {
    check("managed");
}

#[test]
fn manual() {
    check("manual");
}

#[test]
fn autoscaled_with_everything() {
    check("autoscaled");
}
