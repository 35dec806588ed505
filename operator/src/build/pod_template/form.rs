//! What no pod template to merge may hold: null, which takes away what it is merged into, and an item of a list twice.

use serde_json::Value;

use super::merge;

/// Every such place of `template`, each with its path and the remedy.
pub fn problems(template: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    look_at(template, "podTemplate", &mut problems);
    problems
}

fn look_at(value: &Value, path: &str, problems: &mut Vec<String>) {
    match value {
        Value::Null => problems.push(format!(
            "{path}: is null, which says nothing: remove it, or give it a value"
        )),
        Value::Object(fields) => {
            for (field, value) in fields {
                let path = format!("{path}.{field}");
                match (value.as_array(), merge::keys(field)) {
                    (Some(items), Some(keys)) => look_at_known(items, keys, &path, problems),
                    _ => look_at(value, &path, problems),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look_at(item, &format!("{path}[{index}]"), problems);
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A list whose items are known by `keys`.
fn look_at_known(items: &[Value], keys: &[&str], path: &str, problems: &mut Vec<String>) {
    let mut seen = Vec::new();
    for item in items {
        let key = merge::key_of(item, keys);
        let path = format!("{path}[{key}]");
        if seen.contains(&key) {
            problems.push(format!("{path}: is listed twice: remove one of them"));
        }
        seen.push(key);
        look_at(item, &path, problems);
    }
}
