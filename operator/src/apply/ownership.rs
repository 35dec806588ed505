//! Whether a live object differs from the desired one in anything that the operator owns.
//!
//! Server-side apply records in `managedFields` which fields a manager applied last. A field that somebody else
//! changed or removed is gone from our entry; a field that is not desired any more is still in it. So the object is as
//! desired exactly if our entry names the desired fields, no fewer and no more, and each has the desired value. That
//! needs no annotation, no memory and no request, and it repairs removed fields and defaults alike: what is equal is
//! not written at all, what differs is applied.
//!
//! The server stores some values in another form than they were sent. Such a difference is not seen as one where it is
//! known (quantities, omitted zero values); where it is not, the price is an apply without effect.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Map, Value};

use crate::quantity;

/// Fields by which an object is addressed; `managedFields` never names them.
const IDENTITY: [&str; 5] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
];

/// Path of the first field of `desired` that has to be applied again, or `None` if nothing has.
///
/// `desired` and `live` are whole objects as JSON; `metadata` is that of the live object.
pub(super) fn first_difference(
    desired: &Value,
    live: &Value,
    metadata: &ObjectMeta,
    manager: &str,
) -> Option<String> {
    let entry = metadata.managed_fields.iter().flatten().find(|entry| {
        entry.manager.as_deref() == Some(manager)
            && entry.operation.as_deref() == Some("Apply")
            && entry.subresource.as_deref().unwrap_or_default().is_empty()
    });
    let Some(owned) = entry.and_then(|entry| entry.fields_v1.as_ref()) else {
        return Some("never applied".to_owned());
    };
    let mut desired = desired.clone();
    if let Some(object) = desired.as_object_mut() {
        object.remove("apiVersion");
        object.remove("kind");
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|field, _| !IDENTITY.contains(&field.as_str()));
        }
    }
    let mut path = Path::default();
    match walk(&desired, live, &owned.0, &mut path) {
        Ok(()) => None,
        Err(Differs) => Some(path.0.join(".")),
    }
}

/// The path at which the walk stopped is left in [`Path`].
struct Differs;

#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn step(
        &mut self,
        segment: &str,
        check: impl FnOnce(&mut Self) -> Result<(), Differs>,
    ) -> Result<(), Differs> {
        self.0.push(segment.to_owned());
        check(self)?;
        self.0.pop();
        Ok(())
    }

    fn holds_quantities(&self) -> bool {
        self.0
            .iter()
            .any(|segment| segment == "requests" || segment == "limits")
    }
}

fn walk(desired: &Value, live: &Value, owned: &Value, path: &mut Path) -> Result<(), Differs> {
    let children = children(owned);
    if children.is_empty() {
        // Owned as a whole: the server may have added defaults inside, nothing more can be missing.
        return if contains(live, desired, path) {
            Ok(())
        } else {
            Err(Differs)
        };
    }
    match desired {
        Value::Object(fields) => walk_object(fields, live, &children, path),
        Value::Array(items) => walk_list(items, live, &children, path),
        _ => Err(Differs),
    }
}

fn walk_object(
    desired: &Map<String, Value>,
    live: &Value,
    owned: &[(&str, &Value)],
    path: &mut Path,
) -> Result<(), Differs> {
    for (field, value) in desired {
        path.step(field, |path| {
            let owned = owned
                .iter()
                .find(|(key, _)| key.strip_prefix("f:") == Some(field));
            let live = live.get(field);
            match (owned, live) {
                (Some((_, owned)), Some(live)) => walk(value, live, owned, path),
                // The server leaves empty values out.
                (Some((_, owned)), None) if is_empty(value) && children(owned).is_empty() => Ok(()),
                (None, _) if is_empty_collection(value) => Ok(()),
                _ => Err(Differs),
            }
        })?;
    }
    for field in owned.iter().filter_map(|(key, _)| key.strip_prefix("f:")) {
        path.step(field, |_| {
            if desired.contains_key(field) {
                Ok(())
            } else {
                Err(Differs)
            }
        })?;
    }
    Ok(())
}

/// Lists whose items are owned one by one: by key (`k:{"name":"server"}`) or, in a set, by value (`v:"item"`).
fn walk_list(
    desired: &[Value],
    live: &Value,
    owned: &[(&str, &Value)],
    path: &mut Path,
) -> Result<(), Differs> {
    let live = live.as_array().map(Vec::as_slice).unwrap_or_default();
    if owned.len() != desired.len() {
        return Err(Differs);
    }
    for (key, owned) in owned {
        path.step(key, |path| {
            if let Some(value) = key.strip_prefix("v:") {
                let value: Value = serde_json::from_str(value).map_err(|_| Differs)?;
                let found = desired.contains(&value) && live.contains(&value);
                return if found { Ok(()) } else { Err(Differs) };
            }
            let key = key.strip_prefix("k:").ok_or(Differs)?;
            let key: Map<String, Value> = serde_json::from_str(key).map_err(|_| Differs)?;
            let desired = desired
                .iter()
                .find(|item| has_key(item, &key, true))
                .ok_or(Differs)?;
            let live = live
                .iter()
                .find(|item| has_key(item, &key, false))
                .ok_or(Differs)?;
            walk(desired, live, owned, path)
        })?;
    }
    Ok(())
}

/// Whether `item` is the one that `key` names. A desired item may leave out a part of the key that has a default, such
/// as the protocol of a port.
fn has_key(item: &Value, key: &Map<String, Value>, may_leave_out: bool) -> bool {
    key.iter().all(|(field, value)| match item.get(field) {
        Some(found) => found == value,
        None => may_leave_out,
    })
}

fn children(owned: &Value) -> Vec<(&str, &Value)> {
    let fields = owned.as_object().into_iter().flatten();
    fields
        .filter(|(key, _)| *key != ".")
        .map(|(key, value)| (key.as_str(), value))
        .collect()
}

/// Whether `live` is `desired`, apart from fields that the server added.
fn contains(live: &Value, desired: &Value, path: &Path) -> bool {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => {
            desired.iter().all(|(field, value)| match live.get(field) {
                Some(live) => contains(live, value, path),
                None => is_empty(value),
            })
        }
        (Value::Array(live), Value::Array(desired)) => {
            live.len() == desired.len()
                && live
                    .iter()
                    .zip(desired)
                    .all(|(live, desired)| contains(live, desired, path))
        }
        (live, desired) if live == desired => true,
        (Value::String(live), Value::String(desired)) => {
            path.holds_quantities() && quantity::equal(live, desired)
        }
        _ => false,
    }
}

/// What the server leaves out of a stored object.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        collection => is_empty_collection(collection),
    }
}

fn is_empty_collection(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
