//! References to Secrets, and how they are found in the settings.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::AuthSettings;

/// Ending of the name of every field that refers to a Secret.
const SUFFIX: &str = "Ref";

/// A key of a Secret in the namespace of the AuthBackend.
#[derive(
    Clone, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    pub name: String,

    /// Key in the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub key: String,
}

impl SecretKeyRef {
    /// Whether both parts can be names in a directory: not empty, without a slash, and neither `.` nor `..`.
    pub fn is_path_safe(&self) -> bool {
        [&self.name, &self.key]
            .into_iter()
            .all(|part| !matches!(part.as_str(), "" | "." | "..") && !part.contains(['/', '\0']))
    }
}

impl AuthSettings {
    /// Every key of a Secret that the settings refer to, sorted, each once: the fields whose name ends in `Ref` and
    /// whose value is `{name, key}`, at any depth. So a new setting that needs a secret is one field of type
    /// [`SecretKeyRef`], and who mounts Secrets need not know it.
    pub fn secret_refs(&self) -> Vec<SecretKeyRef> {
        let mut found = BTreeSet::new();
        // Settings are maps with text keys, lists and plain values, so that they always serialize.
        if let Ok(settings) = serde_json::to_value(self) {
            collect(&settings, &mut found);
        }
        found.into_iter().collect()
    }
}

fn collect(value: &Value, found: &mut BTreeSet<SecretKeyRef>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match reference(name, value) {
                    Some(reference) => {
                        found.insert(reference);
                    }
                    None => collect(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn reference(name: &str, value: &Value) -> Option<SecretKeyRef> {
    let fields = value.as_object().filter(|_| name.ends_with(SUFFIX))?;
    let text = |fields: &Map<String, Value>, name| Some(fields.get(name)?.as_str()?.to_owned());
    (fields.len() == 2).then_some(())?;
    Some(SecretKeyRef {
        name: text(fields, "name")?,
        key: text(fields, "key")?,
    })
}

#[cfg(test)]
mod tests;
