//! All that the operator makes in a namespace, for comparison.

use std::collections::BTreeSet;

use kube::Client;
use serde_json::{Map, Value, json};

/// Kinds that the operator makes or writes.
const KINDS: [(&str, &str); 12] = [
    ("/apis/authbackend.dev/v1alpha1", "authbackends"),
    ("/api/v1", "configmaps"),
    ("/api/v1", "secrets"),
    ("/api/v1", "services"),
    ("/api/v1", "serviceaccounts"),
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "statefulsets"),
    ("/apis/batch/v1", "jobs"),
    ("/apis/policy/v1", "poddisruptionbudgets"),
    ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    ("/apis/networking.k8s.io/v1", "ingresses"),
    ("/apis/networking.k8s.io/v1", "networkpolicies"),
];

/// Fields and labels that differ from run to run.
const VOLATILE: [&str; 24] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "generation",
    "observedGeneration",
    "lastTransitionTime",
    "lastUpdateTime",
    "startTime",
    "completionTime",
    "startedAt",
    "rolledOutAt",
    "rejectedAt",
    "finishedAt",
    "clusterIP",
    "clusterIPs",
    "nodePort",
    "secretVersion",
    "batch.kubernetes.io/controller-uid",
    "controller-uid",
    "namespace",
    "retryToken",
    "deployment.kubernetes.io/revision",
    "authbackend.dev/approve-replacement",
];

/// Every object of `namespace` by kind and name, as the server stores it.
pub async fn objects(client: &Client, namespace: &str) -> Map<String, Value> {
    let mut objects = Map::new();
    for (group, plural) in KINDS {
        let path = format!("{group}/namespaces/{namespace}/{plural}");
        let request = hyper::Request::get(path).body(Vec::new()).unwrap();
        let mut list: Value = client.request(request).await.unwrap();
        for item in list["items"].as_array_mut().into_iter().flatten() {
            let name = item["metadata"]["name"].as_str().unwrap_or_default();
            objects.insert(format!("{plural}/{name}"), item.take());
        }
    }
    objects
}

/// Deletes what the owner with this uid had. Answers whether there was anything.
pub async fn collect_garbage(client: &Client, namespace: &str, owner: &str) -> bool {
    let found = objects(client, namespace).await;
    let is_owned = |object: &Value| {
        let mut owners = object["metadata"]["ownerReferences"]
            .as_array()
            .into_iter()
            .flatten();
        owners.any(|reference| reference["uid"] == owner)
    };
    let mut any = false;
    for (place, object) in found.iter().filter(|(_, object)| is_owned(object)) {
        any = true;
        let (plural, _) = place.split_once('/').unwrap();
        let (group, _) = KINDS.iter().find(|(_, of)| *of == plural).unwrap();
        let path = format!("{group}/namespaces/{namespace}/{place}");
        let metadata = &object["metadata"];
        // As the real one: an object that got another owner meanwhile is not deleted.
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            "preconditions": {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]},
        });
        let request = hyper::Request::delete(path)
            .header("content-type", "application/json")
            .body(options.to_string().into_bytes())
            .unwrap();
        // Somebody else may have been faster.
        let _ = client.request::<Value>(request).await;
    }
    any
}

/// Takes the owner with this uid from what it had.
pub async fn release(client: &Client, namespace: &str, owner: &str) {
    for (place, object) in objects(client, namespace).await {
        let owners = &object["metadata"]["ownerReferences"];
        if !owners.to_string().contains(owner) {
            continue;
        }
        let (plural, _) = place.split_once('/').unwrap();
        let (group, _) = KINDS.iter().find(|(_, of)| *of == plural).unwrap();
        let path = format!("{group}/namespaces/{namespace}/{place}");
        let request = hyper::Request::patch(path)
            .header("content-type", "application/merge-patch+json")
            .body(br#"{"metadata":{"ownerReferences":null}}"#.to_vec())
            .unwrap();
        client.request::<Value>(request).await.unwrap();
    }
}

/// `objects` without what differs from run to run.
pub fn comparable(mut objects: Map<String, Value>) -> Value {
    for (name, object) in &mut objects {
        strip(object);
        if name.starts_with("secrets/")
            && let Some(data) = object["data"].as_object_mut()
        {
            data.values_mut().for_each(|value| *value = Value::Null);
        }
    }
    Value::Object(objects)
}

/// The objects of `found` that are not as in `expected`, next to what was expected.
pub fn difference(found: &Value, expected: &Value) -> String {
    let (Some(found), Some(expected)) = (found.as_object(), expected.as_object()) else {
        return "not objects".to_owned();
    };
    let names: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    let differing = names
        .into_iter()
        .filter(|name| found.get(*name) != expected.get(*name));
    let lines = differing.map(|name| {
        format!(
            "{name}\nfound:    {:?}\nexpected: {:?}\n",
            found.get(name),
            expected.get(name)
        )
    });
    lines.collect()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|field, _| !VOLATILE.contains(&field.as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
