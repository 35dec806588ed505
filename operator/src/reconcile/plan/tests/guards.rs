//! What is waited for, refused, suspended, scaled and cleaned up.

use std::time::Duration;

use authbackend_crds::v1alpha1::MigrationPhase;
use serde_json::{Value, json};

use super::world::{NEW_IMAGE, World, managed, minimal, spec_with, upgrading, verdict};
use crate::reconcile::observed::OtherAuthBackend;
use crate::reconcile::plan::{Deletion, DeletionKind, Requeue, Resources};

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
        matches!(plan.requeue, Requeue::After(wait) if wait <= Duration::from_mins(1))
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
    let plan = world.step();
    assert!(plan.apply.postgres_stateful_set.is_some());
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

/// The database belongs to somebody else.
fn lose_the_database(world: &mut World) {
    world.observed.database_holder = Some(OtherAuthBackend {
        namespace: "team-b".to_owned(),
        name: "other".to_owned(),
        uid: "uid-other".to_owned(),
        created: None,
    });
}

#[test]
fn a_database_that_belongs_to_another_is_not_migrated() {
    let mut world = World::new(&minimal());
    lose_the_database(&mut world);
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
fn what_serves_on_a_database_that_belongs_to_another_goes_on() {
    let mut world = World::serving(&minimal());
    lose_the_database(&mut world);
    world.edit(&json!({"image": NEW_IMAGE}));
    let plan = world.step();
    assert_eq!(plan.apply.migration_job, None);
    assert_eq!(world.verdict("Ready"), verdict("False", "DatabaseConflict"));
    assert_eq!(world.condition("Available").status, "True");
}

#[test]
fn suspended_nothing_changes_and_the_status_stays_live() {
    let mut world = World::serving(&minimal());
    world.edit(&json!({"suspend": true, "image": NEW_IMAGE}));
    world.set_rollout([1, 1, 0], None);
    let plan = world.step();
    assert_eq!(plan.apply, Resources::default());
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
    assert_eq!(plan.apply, Resources::default());
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
    assert_eq!(plan.apply, Resources::default());
    assert!(!plan.changes_status(&world.observed.auth_backend));
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
fn what_the_api_server_refuses_is_told() {
    let mut world = World::new(&minimal());
    world.observed.refusal = Some("cannot create Job x: exceeded quota".to_owned());
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "ApplyFailed"));
    assert!(world.condition("Ready").message.contains("exceeded quota"));
}

/// The old object is there; that it is not the one of the spec is known from the refusal alone.
#[test]
fn nothing_is_ready_while_the_api_server_refuses_a_change_of_what_exists() {
    let mut world = World::serving(&minimal());
    world.observed.refusal = Some("cannot apply Service shop: port is taken".to_owned());
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "ApplyFailed"));
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    world.observed.refusal = None;
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}
