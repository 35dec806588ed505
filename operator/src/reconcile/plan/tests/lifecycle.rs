//! The life of an AuthBackend, plan by plan.

use std::time::Duration;

use authbackend_crds::v1alpha1::{MigrationPhase, RETRY_MIGRATION_ANNOTATION};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::world::{SERVER_IMAGE, World, spec_with};
use crate::reconcile::observed::OtherAuthBackend;
use crate::reconcile::plan::{Deletion, DeletionKind, Requeue};

const NEW_IMAGE: &str = "registry.example/authbackend/server:2.0.0";

fn minimal() -> Value {
    spec_with(&json!({}))
}

fn managed() -> Value {
    spec_with(&json!({"database": {"managed": {}}}))
}

fn verdict(status: &str, reason: &str) -> (String, String) {
    (status.to_owned(), reason.to_owned())
}

/// A world on its way to a new image, whose Job runs.
fn upgrading() -> World {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"image": NEW_IMAGE}));
    world.step();
    world
}

#[test]
fn a_first_install_creates_the_job_and_no_deployment() {
    let mut world = World::new(&minimal());
    let plan = world.step();
    assert!(plan.apply.migration_job.is_some());
    assert!(plan.apply.deployment.is_none());
    assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));
    assert_eq!(world.verdict("Available"), verdict("False", "NotDeployed"));
}

#[test]
fn a_first_install_becomes_ready_when_migrated_and_rolled_out() {
    let mut world = World::new(&minimal());
    world.step();
    world.job_succeeds(7);
    world.step();
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    assert_ne!(world.condition("Ready").status, "True");
    world.pods_get_ready();
    world.step();
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    assert_eq!(world.verdict("Migrated"), verdict("True", "SchemaUpToDate"));
    assert_eq!(
        world.verdict("DatabaseReachable"),
        verdict("True", "Connected")
    );
    let current = world.status().current.unwrap();
    assert_eq!(
        (current.version.as_deref(), current.schema_version),
        (Some("1.0.0"), Some(7))
    );
    assert!(current.config_hash.is_some());
}

#[test]
fn at_rest_nothing_is_written_and_nothing_announced() {
    for spec in [minimal(), managed()] {
        let world = World::serving(&spec);
        let plan = world.plan();
        assert!(!plan.changes_status(&world.observed.auth_backend));
        assert_eq!(
            (plan.events, plan.delete, plan.generate),
            (vec![], vec![], vec![])
        );
        assert_eq!(plan.requeue, Requeue::OnChange);
    }
}

#[test]
fn the_status_names_url_replicas_and_selector() {
    let mut world = World::serving(&minimal());
    let status = world.status();
    assert_eq!(status.url.as_deref(), Some("https://shop.example/api"));
    assert_eq!((status.replicas, status.ready_replicas), (Some(1), Some(1)));
    assert!(
        status
            .selector
            .unwrap()
            .contains("app.kubernetes.io/instance=shop")
    );
    world.edit(&json!({"baseURL": "https://shop.example"}));
    world.step();
    assert_eq!(
        world.status().url.as_deref(),
        Some("https://shop.example/api/auth")
    );
}

#[test]
fn an_upgrade_keeps_the_old_version_until_its_migration_succeeded() {
    let mut world = upgrading();
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));
    assert_eq!(
        world.verdict("Available"),
        verdict("True", "ServingPreviousVersion")
    );
    world.job_succeeds(2);
    world.step();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
    assert_eq!(world.verdict("Ready"), verdict("False", "RollingOut"));
}

#[test]
fn a_change_is_reported_with_its_generation_at_once() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"image": NEW_IMAGE}));
    world.step();
    let ready = world.condition("Ready");
    assert_eq!(
        (ready.status.as_str(), ready.observed_generation),
        ("False", Some(2))
    );
    assert_eq!(world.status().observed_generation, Some(2));
}

#[test]
fn replicas_resources_and_settings_roll_on_the_old_image_meanwhile() {
    let mut world = upgrading();
    let auth = json!({"session": {"expiresIn": 3600}});
    let resources = json!({"requests": {"cpu": "1"}});
    world.edit(&json!({"replicas": 3, "auth": auth, "resources": resources}));
    let before = world.observed.deployment.clone().unwrap();
    let plan = world.step();
    let deployment = plan.apply.deployment.unwrap();
    assert_eq!(deployment.spec.as_ref().unwrap().replicas, Some(3));
    assert_ne!(
        deployment.spec.as_ref().unwrap().template,
        before.spec.as_ref().unwrap().template
    );
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
    assert!(plan.apply.config_map.unwrap().data.unwrap()["config.yaml"].contains("3600"));
    assert!(plan.apply.migration_job.is_none());
}

#[test]
fn a_failed_migration_stalls_while_the_old_version_serves() {
    let mut world = upgrading();
    world.job_fails(10, "relation \"user\" does not exist");
    let plan = world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "MigrationFailed"));
    assert_eq!(world.verdict("Stalled"), verdict("True", "MigrationFailed"));
    assert_eq!(
        world.verdict("Migrated"),
        verdict("False", "MigrationFailed")
    );
    assert_eq!(
        world.verdict("Available"),
        verdict("True", "ServingPreviousVersion")
    );
    assert!(world.find_condition("Reconciling").is_none());
    assert!(
        world
            .condition("Stalled")
            .message
            .contains("relation \"user\" does not exist")
    );
    assert_eq!(
        plan.apply
            .deployment
            .unwrap()
            .spec
            .unwrap()
            .template
            .spec
            .unwrap()
            .containers[0]
            .image
            .as_deref(),
        Some(SERVER_IMAGE)
    );
}

#[test]
fn wrong_configuration_of_a_migration_is_a_failed_migration() {
    let mut world = upgrading();
    world.job_fails(78, "DATABASE_URL is not set");
    world.step();
    assert_eq!(world.verdict("Stalled"), verdict("True", "MigrationFailed"));
}

#[test]
fn a_database_that_is_newer_refuses_the_downgrade() {
    let mut world = upgrading();
    world.job_fails(11, "the database is at version 9, this server knows 7");
    world.step();
    assert_eq!(
        world.verdict("Stalled"),
        verdict("True", "DowngradeRefused")
    );
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
}

#[test]
fn a_failure_outlives_the_job_and_is_not_repeated() {
    let mut world = upgrading();
    world.job_fails(11, "newer");
    world.step();
    world.observed.jobs.clear();
    world.observed.pods.clear();
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(
        world.verdict("Stalled"),
        verdict("True", "DowngradeRefused")
    );
}

#[test]
fn going_back_clears_a_failure_without_a_job() {
    let mut world = upgrading();
    world.job_fails(10, "boom");
    world.step();
    world.edit(&json!({"image": null}));
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert!(world.find_condition("Stalled").is_none());
    assert_eq!(
        world.status().migration.unwrap().phase,
        MigrationPhase::Succeeded
    );
}

#[test]
fn a_corrected_image_recovers() {
    let mut world = upgrading();
    world.job_fails(10, "boom");
    world.step();
    world.edit(&json!({"image": "registry.example/authbackend/server:2.0.1"}));
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    assert!(world.find_condition("Stalled").is_none());
}

#[test]
fn the_annotation_asks_for_another_try() {
    let mut world = upgrading();
    world.job_fails(10, "boom");
    world.step();
    assert_eq!(world.step().apply.migration_job, None);
    world.annotate(RETRY_MIGRATION_ANNOTATION, "1");
    let job = world.step().apply.migration_job.unwrap();
    assert!(
        world
            .observed
            .jobs
            .iter()
            .filter(|live| live.name_any() == job.name_any())
            .count()
            == 1
    );
    world.converge();
    assert_eq!(world.deployed_image().as_deref(), Some(NEW_IMAGE));
}

#[test]
fn the_annotation_repeats_nothing_that_succeeded() {
    let mut world = World::serving(&minimal());
    world.annotate(RETRY_MIGRATION_ANNOTATION, "1");
    assert_eq!(world.step().apply.migration_job, None);
}

#[test]
fn a_corrected_password_asks_for_another_try() {
    let mut world = upgrading();
    world.job_fails(1, "password authentication failed for user \"u\"");
    world.step();
    world.put_secret(
        "shop-db",
        &[("uri", "postgres://u:corrected@db.example/shop")],
    );
    assert!(world.step().apply.migration_job.is_some());
}

#[test]
fn a_rotated_password_neither_migrates_nor_rolls() {
    let mut world = World::serving(&minimal());
    let before = world.observed.deployment.clone();
    world.put_secret(
        "shop-db",
        &[("uri", "postgres://u:rotated@db.example/shop")],
    );
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(world.observed.deployment, before);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_secret_that_points_elsewhere_is_migrated_first() {
    let mut world = World::serving(&minimal());
    world.put_secret("shop-db", &[("uri", "postgres://u:p@other.example/shop")]);
    let plan = world.step();
    assert!(plan.apply.migration_job.is_some());
    assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));
}

#[test]
fn pods_keep_the_credentials_of_the_old_database_until_the_new_one_is_migrated() {
    let mut world = World::serving(&minimal());
    world.put_secret("new-db", &[]);
    world.edit(&json!({"database": {"secretRef": {"name": "new-db", "key": "uri"}}}));
    world.put_secret("new-db", &[("uri", "postgres://u:p@new.example/shop")]);
    let mounts = |world: &World, secret: &str| {
        serde_json::to_string(world.observed.deployment.as_deref().unwrap())
            .unwrap()
            .contains(secret)
    };
    world.step();
    assert!(mounts(&world, "shop-db") && !mounts(&world, "new-db"));
    world.job_succeeds(1);
    world.step();
    assert!(mounts(&world, "new-db") && !mounts(&world, "shop-db"));
}

#[test]
fn a_missing_secret_is_waited_for_by_name_and_key() {
    let mut world = World::new(&minimal());
    world.observed.secrets.clear();
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    let ready = world.condition("Ready");
    assert_eq!(
        (ready.status.as_str(), ready.reason.as_str()),
        ("False", "WaitingForSecret")
    );
    assert!(
        ready.message.contains("team-a/shop-db") && ready.message.contains("uri"),
        "{}",
        ready.message
    );
    assert_eq!(
        world.verdict("Reconciling"),
        verdict("True", "WaitingForSecret")
    );
    assert_eq!(
        world.verdict("DatabaseReachable"),
        verdict("False", "WaitingForSecret")
    );
}

#[test]
fn a_missing_key_is_waited_for() {
    let mut world = World::new(&minimal());
    world.put_secret("shop-db", &[("url", "postgres://u@h/d"), ("uri", "")]);
    let plan = world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "WaitingForSecret"));
    assert!(
        matches!(plan.requeue, Requeue::After(wait) if wait <= Duration::from_secs(60))
            || !plan.generate.is_empty()
    );
    world.put_secret("shop-db", &[("uri", "postgres://u@h/d")]);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_secret_that_disappears_leaves_what_serves_alone() {
    let mut world = World::serving(&minimal());
    world.observed.secrets.remove("shop-db");
    let plan = world.step();
    assert_eq!(
        (plan.apply.deployment, plan.apply.migration_job),
        (None, None)
    );
    assert_eq!(plan.delete, []);
    assert_eq!(world.verdict("Ready"), verdict("False", "WaitingForSecret"));
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    assert_eq!(
        world.verdict("Migrated"),
        verdict("Unknown", "WaitingForSecret")
    );
}

#[test]
fn a_new_signing_secret_that_is_missing_leaves_what_serves_alone() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"secretRefs": [{"name": "late", "key": "k"}]}));
    let plan = world.step();
    assert_eq!(plan.apply.deployment, None);
    assert_eq!(world.verdict("Ready"), verdict("False", "WaitingForSecret"));
    assert!(world.condition("Ready").message.contains("late"));
}

#[test]
fn a_secret_that_holds_no_url_stalls_without_repeating_it() {
    let mut world = World::new(&minimal());
    world.put_secret("shop-db", &[("uri", "hunter2")]);
    world.step();
    assert_eq!(
        world.verdict("Stalled"),
        verdict("True", "InvalidDatabaseURL")
    );
    assert!(
        !serde_json::to_string(&world.status())
            .unwrap()
            .contains("hunter2")
    );
}

#[test]
fn a_managed_database_is_waited_for_before_the_migration() {
    let mut world = World::new(&managed());
    let plan = world.step();
    assert_eq!(plan.generate.len(), 2);
    assert!(plan.apply.postgres_stateful_set.is_some());
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(
        world.verdict("DatabaseReachable"),
        verdict("False", "WaitingForDatabase")
    );
    assert_eq!(
        world.status().migration.unwrap().phase,
        MigrationPhase::Pending
    );
    world.database_gets_ready();
    assert!(world.step().apply.migration_job.is_some());
}

#[test]
fn secrets_are_generated_once() {
    let mut world = World::new(&managed());
    world.step();
    assert_eq!(world.step().generate, []);
}

#[test]
fn a_signing_secret_that_somebody_brought_is_used_as_it_is() {
    let mut world = World::new(&minimal());
    world.put_secret("shop-signing", &[("secret", "brought along")]);
    let plan = world.step();
    assert_eq!((plan.generate, plan.apply.signing_secret), (vec![], None));
}

#[test]
fn two_on_one_database_do_not_both_migrate() {
    let mut world = World::new(&minimal());
    world.observed.others_on_database.push(other(10));
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(
        world.verdict("Stalled"),
        verdict("True", "DatabaseConflict")
    );
    assert!(world.condition("Stalled").message.contains("team-b/other"));
    assert_eq!(world.status().migration, None);
}

#[test]
fn of_two_that_claimed_one_database_the_older_migrates() {
    for (created, reason) in [(999_990, "DatabaseConflict"), (1_000_010, "Migrating")] {
        let mut world = World::serving(&minimal());
        let mut auth_backend = (*world.observed.auth_backend).clone();
        auth_backend.metadata.creation_timestamp =
            Some(Time(Timestamp::from_second(1_000_000).unwrap()));
        world.observed.auth_backend = auth_backend.into();
        world.observed.others_on_database.push(other(created));
        world.edit(&json!({"image": NEW_IMAGE}));
        world.step();
        assert_eq!(world.verdict("Ready"), verdict("False", reason));
        assert_eq!(world.condition("Available").status, "True");
    }
}

fn other(created: i64) -> OtherAuthBackend {
    OtherAuthBackend {
        namespace: "team-b".to_owned(),
        name: "other".to_owned(),
        uid: "uid-other".to_owned(),
        created: Some(Time(Timestamp::from_second(created).unwrap())),
    }
}

#[test]
fn a_lost_job_is_created_again_once_its_pod_has_ended() {
    let mut world = upgrading();
    world.job_is_lost();
    assert_eq!(world.step().apply.migration_job, None);
    world.orphans_end();
    assert!(world.step().apply.migration_job.is_some());
}

#[test]
fn suspended_nothing_changes_and_the_status_stays_live() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"suspend": true, "image": NEW_IMAGE}));
    world.set_rollout([1, 1, 0], None);
    let plan = world.step();
    assert_eq!(plan.apply, Default::default());
    assert_eq!((plan.delete, plan.generate), (vec![], vec![]));
    assert_eq!(world.verdict("Ready"), verdict("False", "Suspended"));
    assert_eq!(
        world.verdict("Available"),
        verdict("False", "NoPodAvailable")
    );
    assert!(world.find_condition("Reconciling").is_none());
}

#[test]
fn suspended_the_outcome_of_a_running_migration_is_still_recorded() {
    let mut world = upgrading();
    world.edit(&json!({"suspend": true}));
    world.job_fails(10, "boom");
    world.step();
    assert_eq!(
        world.status().migration.unwrap().phase,
        MigrationPhase::Failed
    );
}

#[test]
fn suspended_and_up_to_date_is_ready() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"suspend": true}));
    world.step();
    assert_eq!(world.condition("Ready").status, "True");
}

#[test]
fn zero_replicas_are_ready_and_not_available() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"replicas": 0}));
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "ScaledToZero"));
    assert_eq!(world.verdict("Available"), verdict("False", "ScaledToZero"));
}

#[test]
fn an_invalid_spec_stalls_and_leaves_what_serves_alone() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"baseURL": "nonsense"}));
    let plan = world.step();
    assert_eq!(plan.apply, Default::default());
    assert_eq!(plan.delete, []);
    assert_eq!(world.verdict("Stalled"), verdict("True", "InvalidSpec"));
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
}

#[test]
fn one_that_is_being_deleted_is_left_to_the_garbage_collector() {
    let mut world = World::serving(&minimal());
    let mut deleted = (*world.observed.auth_backend).clone();
    deleted.metadata.deletion_timestamp = Some(world.time());
    world.observed.auth_backend = deleted.into();
    world.observed.deployment = None;
    let plan = world.plan();
    assert_eq!(plan.apply, Default::default());
    assert!(!plan.changes_status(&world.observed.auth_backend));
}

#[test]
fn drift_of_the_deployment_is_repaired() {
    let mut world = World::serving(&minimal());
    world.observed.deployment = None;
    world.observed.service = None;
    let plan = world.step();
    assert!(plan.apply.deployment.is_some() && plan.apply.service.is_some());
    assert_eq!(plan.status.conditions[0].status, "False");
    world.converge();
    assert_eq!(world.condition("Ready").status, "True");
}

#[test]
fn the_newest_three_finished_jobs_are_kept() {
    let mut world = World::serving(&minimal());
    for release in 2..7 {
        world.edit(&json!({"image": format!("server:{release}")}));
        world.converge();
    }
    assert_eq!(world.observed.jobs.len(), 3);
}

#[test]
fn a_budget_and_an_autoscaler_that_are_not_wanted_any_longer_are_deleted() {
    let mut world = World::serving(&spec_with(&json!({"autoscaling": {"maxReplicas": 5}})));
    world.edit(&json!({"autoscaling": null, "replicas": 1}));
    let deletion = |kind, uid: &str| Deletion {
        kind,
        name: "shop".to_owned(),
        uid: uid.to_owned(),
    };
    assert_eq!(
        world.plan().delete,
        [
            deletion(DeletionKind::PodDisruptionBudget, "uid-pdb"),
            deletion(DeletionKind::HorizontalPodAutoscaler, "uid-hpa"),
        ]
    );
}

#[test]
fn an_autoscaler_decides_the_number_of_pods() {
    let world = World::serving(&spec_with(&json!({"autoscaling": {"maxReplicas": 5}})));
    assert_eq!(
        world
            .plan()
            .apply
            .deployment
            .unwrap()
            .spec
            .unwrap()
            .replicas,
        None
    );
}

#[test]
fn replicas_stay_until_the_autoscaler_has_taken_them_over() {
    let mut world = World::serving(&spec_with(&json!({"replicas": 4})));
    let managed_by = |manager: &str| json!({"manager": manager, "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}});
    let mut deployment = (**world.observed.deployment.as_ref().unwrap()).clone();
    let mut set_managers = |world: &mut World, managers: Vec<Value>| {
        deployment.metadata.managed_fields = Some(serde_json::from_value(managers.into()).unwrap());
        world.observed.deployment = Some(deployment.clone().into());
    };
    world.edit(&json!({"replicas": null, "autoscaling": {"minReplicas": 2, "maxReplicas": 5}}));
    let planned = |world: &World| {
        world
            .plan()
            .apply
            .deployment
            .unwrap()
            .spec
            .unwrap()
            .replicas
    };
    set_managers(&mut world, vec![managed_by("authbackend-operator")]);
    assert_eq!(planned(&world), Some(4));
    set_managers(
        &mut world,
        vec![
            managed_by("authbackend-operator"),
            managed_by("kube-controller-manager"),
        ],
    );
    assert_eq!(planned(&world), None);
}

#[test]
fn the_default_image_of_a_new_operator_is_an_upgrade() {
    let mut world = World::serving(&minimal());
    world.config.server_image = NEW_IMAGE.to_owned();
    let plan = world.step();
    assert!(plan.apply.migration_job.is_some());
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
}

#[test]
fn what_the_api_server_refuses_is_told() {
    let mut world = World::new(&minimal());
    world.observed.refusal = Some("cannot create Job x: exceeded quota".to_owned());
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "ApplyFailed"));
    assert!(world.condition("Ready").message.contains("exceeded quota"));
}
