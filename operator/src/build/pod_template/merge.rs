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

/// The fields that the items of the list `field` are known by; `None` for a list that is replaced.
pub fn keys(field: &str) -> Option<&'static [&'static str]> {
    let found = KEYS.iter().find(|(list, _)| *list == field);
    found.map(|(_, keys)| *keys)
}

/// What an item is known by.
pub fn key_of(item: &Value, keys: &[&str]) -> String {
    let value = |key: &&str| match &item[*key] {
        // As the API has it.
        Value::Null if *key == "protocol" => "TCP".to_owned(),
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    keys.iter().map(value).collect::<Vec<_>>().join("/")
}

/// Merges `patch` into `target`. Null changes nothing: to take away what the operator sets is nobody's business.
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
    match (target.get_mut(field), patch, keys(field)) {
        (Some(Value::Array(target)), Value::Array(patch), Some(keys)) => {
            for item in patch {
                let key = key_of(item, keys);
                let same = target.iter_mut().find(|live| key_of(live, keys) == key);
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
