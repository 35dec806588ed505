//! Installs, upgrades, failures and rotations, plan by plan.

use std::sync::Arc;

use authbackend_crds::v1alpha1::{MigrationPhase, RETRY_MIGRATION_ANNOTATION};
use kube::ResourceExt as _;
use serde_json::json;

use super::world::{NEW_IMAGE, SERVER_IMAGE, World, managed, minimal, upgrading, verdict};
use crate::reconcile::plan::{DeletionKind, Requeue};

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
fn a_lost_job_is_created_again_once_its_pod_has_ended() {
    let mut world = upgrading();
    world.job_is_lost();
    assert_eq!(world.step().apply.migration_job, None);
    world.orphans_end();
    assert!(world.step().apply.migration_job.is_some());
}

/// As `kubectl delete --cascade=orphan` and another create leave it: objects without an owner, and no status.
fn made_again(mut world: World) -> World {
    for job in &mut world.observed.jobs {
        Arc::make_mut(job).metadata.owner_references = None;
    }
    let auth_backend = Arc::make_mut(&mut world.observed.auth_backend);
    auth_backend.metadata.uid = Some("uid-of-the-next".to_owned());
    auth_backend.status = None;
    world
}

#[test]
fn a_finished_job_that_a_deleted_resource_left_makes_way_for_another_one() {
    let left = World::serving(&minimal());
    let job = left.observed.jobs[0].clone();
    let mut world = made_again(left);
    let plan = world.step();
    let wanted = plan.apply.migration_job.unwrap();
    assert_eq!(wanted.name_any(), job.name_any());
    let doomed = plan.delete.iter().map(|it| (it.kind, it.uid.clone()));
    assert_eq!(
        doomed.collect::<Vec<_>>(),
        [(DeletionKind::Job, job.uid().unwrap())]
    );
    assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_finished_job_that_somebody_else_made_is_left_alone() {
    let mut world = made_again(World::serving(&minimal()));
    let job = Arc::make_mut(&mut world.observed.jobs[0]);
    job.labels_mut().remove("app.kubernetes.io/managed-by");
    assert_eq!(world.plan().delete, []);
}

#[test]
fn no_other_migration_begins_while_that_of_a_deleted_resource_runs() {
    let mut world = made_again(upgrading());
    for image in [SERVER_IMAGE, NEW_IMAGE] {
        world.edit(&json!({"image": image}));
        let plan = world.step();
        assert_eq!((plan.apply.migration_job, plan.delete), (None, vec![]));
        assert_eq!(world.verdict("Ready"), verdict("False", "Migrating"));
    }
    world.job_succeeds(1);
    assert!(world.step().apply.migration_job.is_some());
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
fn the_default_image_of_a_new_operator_is_an_upgrade() {
    let mut world = World::serving(&minimal());
    world.config.server_image = NEW_IMAGE.to_owned();
    let plan = world.step();
    assert!(plan.apply.migration_job.is_some());
    assert_eq!(world.deployed_image().as_deref(), Some(SERVER_IMAGE));
}
