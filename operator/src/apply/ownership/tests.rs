use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
use serde_json::json;

use super::*;

const MANAGER: &str = "operator";

fn desired() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "a", "labels": {"app": "shop"}},
        "spec": {
            "replicas": 2,
            "template": {"spec": {"containers": [{
                "name": "server",
                "image": "server:1",
                "ports": [{"containerPort": 8100, "name": "http"}],
                "resources": {"requests": {"cpu": "0.5"}},
            }]}},
        },
    })
}

/// As the server stores it: with defaults and its own spelling of quantities.
fn live() -> Value {
    let mut live = desired();
    live["spec"]["revisionHistoryLimit"] = json!(10);
    let container = &mut live["spec"]["template"]["spec"]["containers"][0];
    container["imagePullPolicy"] = json!("IfNotPresent");
    container["ports"][0]["protocol"] = json!("TCP");
    container["resources"]["requests"]["cpu"] = json!("500m");
    live
}

fn owned() -> Value {
    json!({
        "f:metadata": {"f:labels": {"f:app": {}}},
        "f:spec": {
            "f:replicas": {},
            "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"server\"}": {
                ".": {},
                "f:name": {},
                "f:image": {},
                "f:ports": {"k:{\"containerPort\":8100,\"protocol\":\"TCP\"}": {
                    ".": {}, "f:containerPort": {}, "f:name": {},
                }},
                "f:resources": {"f:requests": {"f:cpu": {}}},
            }}}},
        },
    })
}

fn difference(desired: &Value, live: &Value, owned: Value) -> Option<String> {
    let metadata = ObjectMeta {
        managed_fields: Some(vec![ManagedFieldsEntry {
            manager: Some(MANAGER.to_owned()),
            operation: Some("Apply".to_owned()),
            fields_v1: Some(FieldsV1(owned)),
            ..ManagedFieldsEntry::default()
        }]),
        ..ObjectMeta::default()
    };
    first_difference(desired, live, &metadata, MANAGER)
}

#[test]
fn defaults_and_other_spellings_are_no_difference() {
    assert_eq!(difference(&desired(), &live(), owned()), None);
}

#[test]
fn an_object_that_was_never_applied_differs() {
    let found = first_difference(&desired(), &live(), &ObjectMeta::default(), MANAGER);
    assert_eq!(found.as_deref(), Some("never applied"));
}

#[test]
fn another_manager_s_entry_does_not_count() {
    let metadata = ObjectMeta {
        managed_fields: Some(vec![ManagedFieldsEntry {
            manager: Some("kubectl".to_owned()),
            operation: Some("Apply".to_owned()),
            fields_v1: Some(FieldsV1(owned())),
            ..ManagedFieldsEntry::default()
        }]),
        ..ObjectMeta::default()
    };
    assert!(first_difference(&desired(), &live(), &metadata, MANAGER).is_some());
}

#[test]
fn a_changed_value_differs() {
    let mut live = live();
    live["spec"]["replicas"] = json!(5);
    assert_eq!(
        difference(&desired(), &live, owned()).as_deref(),
        Some("spec.replicas")
    );
}

#[test]
fn a_field_that_another_manager_took_differs_even_with_the_desired_value() {
    let mut owned = owned();
    owned["f:spec"]
        .as_object_mut()
        .unwrap()
        .remove("f:replicas");
    assert_eq!(
        difference(&desired(), &live(), owned).as_deref(),
        Some("spec.replicas")
    );
}

#[test]
fn a_removed_field_differs() {
    let mut live = live();
    live["metadata"]["labels"]
        .as_object_mut()
        .unwrap()
        .remove("app");
    assert_eq!(
        difference(&desired(), &live, owned()).as_deref(),
        Some("metadata.labels.app")
    );
}

#[test]
fn a_field_that_is_not_desired_any_more_differs() {
    let mut desired = desired();
    desired["spec"].as_object_mut().unwrap().remove("replicas");
    assert_eq!(
        difference(&desired, &live(), owned()).as_deref(),
        Some("spec.replicas")
    );
}

#[test]
fn an_item_that_is_not_desired_any_more_differs() {
    let mut desired = desired();
    desired["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([]);
    assert!(difference(&desired, &live(), owned()).is_some());
}

#[test]
fn fields_and_items_of_others_are_left_alone() {
    let mut live = live();
    live["metadata"]["annotations"] = json!({"theirs": "1"});
    let containers = &mut live["spec"]["template"]["spec"]["containers"];
    containers
        .as_array_mut()
        .unwrap()
        .insert(0, json!({"name": "sidecar", "image": "x"}));
    assert_eq!(difference(&desired(), &live, owned()), None);
}

#[test]
fn empty_values_that_the_server_leaves_out_are_no_difference() {
    let (mut desired, mut owned) = (desired(), owned());
    desired["spec"]["paused"] = json!(false);
    owned["f:spec"]["f:paused"] = json!({});
    desired["metadata"]["annotations"] = json!({});
    assert_eq!(difference(&desired, &live(), owned), None);
}

#[test]
fn a_value_owned_as_a_whole_may_have_defaults_inside_and_nothing_else() {
    let (mut desired, mut live, mut owned) = (desired(), live(), owned());
    owned["f:spec"]["f:tolerations"] = json!({});
    desired["spec"]["tolerations"] = json!([{"key": "a"}]);
    live["spec"]["tolerations"] = json!([{"key": "a", "operator": "Equal"}]);
    assert_eq!(difference(&desired, &live, owned.clone()), None);
    live["spec"]["tolerations"] = json!([{"key": "a"}, {"key": "b"}]);
    assert!(difference(&desired, &live, owned).is_some());
}

#[test]
fn quantities_are_compared_as_text_elsewhere() {
    let (mut desired, mut live, mut owned) = (desired(), live(), owned());
    owned["f:metadata"]["f:labels"]["f:size"] = json!({});
    desired["metadata"]["labels"]["size"] = json!("1000m");
    live["metadata"]["labels"]["size"] = json!("1");
    assert!(difference(&desired, &live, owned).is_some());
}
