//! Strategic merge of pod templates: items of lists are known by a key.
//!
//! As in `kubectl patch --type=strategic`, with the merge keys of the API's own types, and without its directives
//! (`$patch`), which are unknown fields here.

use serde_json::{Map, Value};

/// Lists whose items are merged, with the fields that an item is known by. Other lists are replaced.
const KEYS: [(&str, &[&str]); 10] = [
    ("containers", &["name"]),
    ("env", &["name"]),
    ("hostAliases", &["ip"]),
    ("imagePullSecrets", &["name"]),
    ("initContainers", &["name"]),
    ("ports", &["containerPort", "protocol"]),
    ("topologySpreadConstraints", &["topologyKey"]),
    ("volumeDevices", &["devicePath"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
];

/// Merges `patch` into `target`; null removes a field.
pub fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (_, Value::Null) => {}
        (Value::Object(target), Value::Object(patch)) => {
            for (field, patch) in patch {
                merge_field(target, field, patch);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

fn merge_field(target: &mut Map<String, Value>, field: &str, patch: &Value) {
    if patch.is_null() {
        target.remove(field);
        return;
    }
    let keys = KEYS
        .iter()
        .find(|(list, _)| *list == field)
        .map(|(_, keys)| *keys);
    match (target.get_mut(field), patch, keys) {
        (Some(Value::Array(target)), Value::Array(patch), Some(keys)) => {
            for item in patch {
                let same = target
                    .iter_mut()
                    .find(|live| keys.iter().all(|key| live.get(key) == item.get(key)));
                match same {
                    Some(live) => merge(live, item),
                    None => target.push(item.clone()),
                }
            }
        }
        (Some(target), patch, _) => merge(target, patch),
        (None, patch, _) => {
            target.insert(field.to_owned(), patch.clone());
        }
    }
}
