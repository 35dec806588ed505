//! Secrets that the operator generates: once, and another one only when somebody asks for it.

use authbackend_crds::v1alpha1::APPROVE_REPLACEMENT_ANNOTATION;
use serde_json::json;

use super::world::{World, managed, minimal, verdict};
use crate::reconcile::observed::ObservedSecret;
use crate::reconcile::plan::Plan;

const SIGNING: &str = "shop-signing";
const POSTGRES: &str = "shop-postgres";

/// Names of the Secrets that a plan creates.
fn created(plan: &Plan) -> Vec<String> {
    let name = |it: &crate::reconcile::plan::GeneratedSecret| it.secret.metadata.name.clone();
    plan.generate.iter().filter_map(name).collect()
}

fn recorded_uid(world: &World, name: &str) -> Option<String> {
    let recorded = world.status().generated_secrets;
    let mut recorded = recorded.into_iter();
    recorded.find(|it| it.name == name).map(|it| it.uid)
}

/// The Secret as a deleted AuthBackend of the same name left it.
fn of_before(mut secret: ObservedSecret) -> ObservedSecret {
    let owner = json!([{
        "apiVersion": "authbackend.dev/v1alpha1", "kind": "AuthBackend", "name": "shop", "uid": "uid-of-before",
        "controller": true,
    }]);
    secret.metadata.owner_references = serde_json::from_value(owner).unwrap();
    let labels = json!({"app.kubernetes.io/managed-by": "authbackend-operator"});
    secret.metadata.labels = serde_json::from_value(labels).unwrap();
    secret
}

#[test]
fn secrets_are_generated_once() {
    let mut world = World::new(&managed());
    assert_eq!(created(&world.step()), [SIGNING, POSTGRES]);
    assert_eq!(created(&world.step()), [""; 0]);
}

#[test]
fn a_secret_that_somebody_brought_is_used_as_it_is() {
    let mut world = World::new(&minimal());
    world.put_secret(SIGNING, &[("secret", "brought along")]);
    let plan = world.step();
    assert_eq!((plan.generate, plan.apply.signing_secret), (vec![], None));
    assert!(recorded_uid(&world, SIGNING).is_some());
}

#[test]
fn what_uses_a_secret_is_made_only_once_it_is_on_record() {
    let mut world = World::new(&managed());
    for _ in 0..8 {
        let plan = world.step();
        let recorded = |name| {
            let mut recorded = plan.status.generated_secrets.iter();
            recorded.any(|it| it.name == name)
        };
        assert!(plan.apply.postgres_stateful_set.is_none() || recorded(POSTGRES));
        assert!(plan.apply.migration_job.is_none() || recorded(POSTGRES));
        assert!(plan.apply.deployment.is_none() || recorded(SIGNING));
        world.database_gets_ready();
        world.job_succeeds(1);
        world.pods_get_ready();
    }
    assert!(world.deployed_image().is_some());
}

#[test]
fn one_that_went_before_anything_used_it_is_generated_again() {
    let mut world = World::new(&managed());
    world.step();
    for name in [SIGNING, POSTGRES] {
        world.observed.secrets.remove(name);
    }
    assert_eq!(created(&world.step()), [SIGNING, POSTGRES]);
}

#[test]
fn one_that_is_gone_is_missed_and_what_serves_is_left_alone() {
    for name in [SIGNING, POSTGRES] {
        let mut world = World::serving(&managed());
        let uid = recorded_uid(&world, name).unwrap();
        world.observed.secrets.remove(name);
        let plan = world.step();
        assert_eq!(created(&plan), [""; 0]);
        assert_eq!(plan.apply.deployment, None);
        assert_eq!(plan.delete, []);
        assert_eq!(world.verdict("Stalled"), verdict("True", "SecretLost"));
        assert_eq!(world.verdict("Available"), verdict("True", "Serving"));
        let message = world.condition("Ready").message;
        let command = format!("{APPROVE_REPLACEMENT_ANNOTATION}={uid}");
        assert!(
            message.contains(&format!("team-a/{name}")) && message.contains(&command),
            "{message}"
        );
        let events: Vec<_> = plan.events.iter().map(|event| &event.reason).collect();
        assert_eq!(events, ["SecretLost"]);
        assert_eq!(world.step().status.generated_secrets.len(), 2);
    }
}

#[test]
fn a_managed_database_whose_credentials_are_gone_is_left_as_it_is() {
    let mut world = World::serving(&managed());
    world.observed.secrets.remove(POSTGRES);
    world.edit(&json!({"image": "server:2"}));
    let plan = world.step();
    assert_eq!(plan.apply.postgres_stateful_set, None);
    assert_eq!(plan.apply.migration_job, None);
}

#[test]
fn one_that_is_back_is_used_whoever_brought_it() {
    let mut world = World::serving(&minimal());
    world.observed.secrets.remove(SIGNING);
    world.step();
    world.put_secret(SIGNING, &[("secret", "from the backup")]);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    let uid = world.observed.secrets[SIGNING].metadata.uid.clone();
    assert_eq!(recorded_uid(&world, SIGNING), uid);
}

#[test]
fn another_one_is_generated_for_the_one_that_was_approved_and_for_no_later_one() {
    let mut world = World::serving(&managed());
    for name in [SIGNING, POSTGRES] {
        world.observed.secrets.remove(name);
    }
    let uid = recorded_uid(&world, SIGNING).unwrap();
    world.annotate(APPROVE_REPLACEMENT_ANNOTATION, &uid);
    assert_eq!(created(&world.step()), [SIGNING]);
    world.step();
    assert!(world.condition("Ready").message.contains(POSTGRES));
    let uid = recorded_uid(&world, POSTGRES).unwrap();
    world.annotate(APPROVE_REPLACEMENT_ANNOTATION, &uid);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
    world.observed.secrets.remove(POSTGRES);
    assert_eq!(created(&world.step()), [""; 0]);
    assert_eq!(world.verdict("Stalled"), verdict("True", "SecretLost"));
}

#[test]
fn an_approved_one_that_went_before_it_was_on_record_is_generated_again() {
    let mut world = World::serving(&minimal());
    let uid = recorded_uid(&world, SIGNING).unwrap();
    world.observed.secrets.remove(SIGNING);
    world.annotate(APPROVE_REPLACEMENT_ANNOTATION, &uid);
    assert_eq!(created(&world.step()), [SIGNING]);
    world.observed.secrets.remove(SIGNING);
    assert_eq!(created(&world.step()), [SIGNING]);
}

/// The garbage collector may delete it at any time, until its owner is another one.
#[test]
fn one_of_a_deleted_resource_of_the_same_name_is_used_only_once_it_is_taken_over() {
    let mut world = World::new(&managed());
    world.step();
    let of_ours = world.observed.secrets.clone();
    for name in [SIGNING, POSTGRES] {
        let left = of_before(of_ours[name].clone());
        world.observed.secrets.insert(name.to_owned(), left);
    }
    let plan = world.step();
    assert!(plan.apply.signing_secret.is_some() && plan.apply.postgres_secret.is_some());
    assert_eq!(plan.apply.postgres_stateful_set, None);
    assert_eq!(
        (created(&plan), recorded_uid(&world, POSTGRES)),
        (vec![], None)
    );
    assert_eq!(world.verdict("Reconciling"), verdict("True", "Applying"));
    world.observed.secrets.remove(SIGNING);
    world
        .observed
        .secrets
        .extend([(POSTGRES.to_owned(), of_ours[POSTGRES].clone())]);
    assert_eq!(created(&world.step()), [SIGNING]);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}

#[test]
fn one_that_is_not_used_any_longer_is_not_missed() {
    let mut world = World::serving(&minimal());
    world.put_secret("mine", &[("k", "value")]);
    world.edit(&json!({"secretRefs": [{"name": "mine", "key": "k"}]}));
    world.converge();
    assert_eq!(recorded_uid(&world, SIGNING), None);
    world.observed.secrets.remove(SIGNING);
    world.converge();
    assert_eq!(world.verdict("Ready"), verdict("True", "UpToDate"));
}
