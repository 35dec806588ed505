//! Which image a managed database runs.

use serde_json::json;

use super::world::{World, managed, verdict};

const OF_BEFORE: &str = "registry.example/postgres:17";

#[test]
fn where_the_cluster_assigns_users_no_pod_names_one() {
    let mut world = World::new(&managed());
    world.config.assigned_user_ids = true;
    // First the credentials, then what uses them.
    world.step();
    world.step();
    world.database_gets_ready();
    let mut jobs = world.step().apply.migration_job;
    world.converge();
    let database = world.observed.postgres_stateful_set.as_deref().unwrap();
    let server = world.observed.deployment.as_deref().unwrap();
    let job = jobs.take().unwrap();
    for pod in [
        &database.spec.as_ref().unwrap().template,
        &server.spec.as_ref().unwrap().template,
        &job.spec.as_ref().unwrap().template,
    ] {
        let pod = pod.spec.as_ref().unwrap();
        let context = pod.security_context.as_ref().unwrap();
        assert_eq!(context.run_as_non_root, Some(true));
        let ids = [context.run_as_user, context.run_as_group, context.fs_group];
        assert_eq!(ids, [None; 3]);
    }
}

/// Image of the database's container.
fn image(world: &World) -> String {
    let live = world.observed.postgres_stateful_set.as_deref().unwrap();
    let pod = live.spec.as_ref().unwrap().template.spec.as_ref().unwrap();
    pod.containers[0].image.clone().unwrap()
}

fn named(image: &str) -> serde_json::Value {
    json!({"database": {"managed": {"image": image}}})
}

#[test]
fn another_default_of_the_operator_leaves_the_database_alone() {
    let mut world = World::serving(&managed());
    world.config.postgres_image = "registry.example/postgres:18".to_owned();
    world.converge();
    assert_eq!(image(&world), OF_BEFORE);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn a_new_database_gets_the_default_of_its_day() {
    let mut world = World::new(&managed());
    world.config.postgres_image = "registry.example/postgres:18".to_owned();
    world.converge();
    assert_eq!(image(&world), "registry.example/postgres:18");
}

#[test]
fn an_image_of_the_same_major_version_may_be_named() {
    let mut world = World::serving(&managed());
    for same in [
        "mirror.example/postgres:17.6",
        "mirror.example/postgres@sha256:0123",
    ] {
        world.edit(&named(same));
        world.converge();
        assert_eq!(image(&world), same);
        assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    }
}

#[test]
fn an_image_of_another_major_version_is_refused_with_the_remedy() {
    let mut world = World::serving(&managed());
    // What a digest is of cannot be told; what the data is of stays known.
    world.edit(&named("registry.example/postgres@sha256:0123"));
    world.converge();
    world.edit(&named("registry.example/postgres:18"));
    world.step();
    assert_eq!(world.verdict("Ready"), verdict("False", "InvalidSpec"));
    assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
    let message = world.condition("Ready").message;
    assert!(
        message.contains("name an image of Postgres 17, or move the data"),
        "{message}"
    );
    assert_eq!(image(&world), "registry.example/postgres@sha256:0123");
    world.edit(&named("registry.example/postgres:17.6"));
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn an_image_that_never_ran_may_be_corrected_to_any() {
    let mut world = World::new(&managed());
    world.edit(&named("registry.example/postgres:71"));
    world.step();
    world.step();
    assert_eq!(image(&world), "registry.example/postgres:71");
    world.edit(&named(OF_BEFORE));
    world.converge();
    assert_eq!(image(&world), OF_BEFORE);
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}
