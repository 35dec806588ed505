//! The settings that the database's schema depends on.

use serde_json::{Map, Value};

use super::AuthSettings;

/// Path of each setting that decides over names, types or columns of tables. Another value of one of them needs a
/// migration before a server may run with it; every other setting rolls at once.
const PATHS: [&[&str]; 16] = [
    &["account", "fields"],
    &["account", "modelName"],
    &["advanced", "database", "generateId"],
    &["advanced", "database", "legacyTimeZone"],
    &["plugins", "jwt", "schema"],
    &["rateLimit", "fields"],
    &["rateLimit", "modelName"],
    &["session", "additionalFields"],
    &["session", "fields"],
    &["session", "memoryCache", "enabled"],
    &["session", "modelName"],
    &["user", "additionalFields"],
    &["user", "fields"],
    &["user", "modelName"],
    &["verification", "fields"],
    &["verification", "modelName"],
];

impl AuthSettings {
    /// The part that the database's schema depends on, by path; empty where nothing of it is set.
    pub fn schema_settings(&self) -> Map<String, Value> {
        // Settings are maps with text keys, lists and plain values, so that they always serialize.
        let settings = serde_json::to_value(self).unwrap_or_default();
        select(&settings)
    }
}

fn select(settings: &Value) -> Map<String, Value> {
    let value = |path: &[&str]| {
        let value = path
            .iter()
            .try_fold(settings, |value, name| value.get(name));
        value.filter(|value| !is_empty(value)).cloned()
    };
    PATHS
        .iter()
        .filter_map(|path| Some((path.join("."), value(path)?)))
        .collect()
}

/// `fields: {}` says no more than no `fields`, and `enabled: false` no more than no `enabled`.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `schema` says of a field, through references and what may be null.
    fn field<'a>(root: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
        if let Some(found) = schema["properties"].get(name) {
            return Some(found);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            return field(root, root.pointer(reference.trim_start_matches('#'))?, name);
        }
        let mut alternatives = schema["anyOf"].as_array()?.iter();
        alternatives.find_map(|alternative| field(root, alternative, name))
    }

    #[test]
    fn every_path_is_that_of_a_setting() {
        let root = serde_json::to_value(schemars::schema_for!(AuthSettings)).unwrap();
        for path in PATHS {
            let found = path
                .iter()
                .try_fold(&root, |schema, name| field(&root, schema, name));
            assert!(found.is_some(), "{path:?}");
        }
    }

    #[test]
    fn settings_that_name_nothing_of_the_schema_have_no_part_of_it() {
        let settings = json!({
            "session": {"expiresIn": 3600, "fields": {}, "memoryCache": {"enabled": false, "maxAge": 60}},
            "user": {"changeEmail": {"enabled": true}},
        });
        assert_eq!(select(&settings), Map::new());
    }

    #[test]
    fn names_columns_and_types_of_ids_are_part_of_the_schema() {
        let settings = json!({
            "user": {"modelName": "users", "additionalFields": {"plan": {"type": "string"}}},
            "session": {"expiresIn": 3600, "fields": {"userId": "user_id"}},
            "advanced": {"cookiePrefix": "shop", "database": {"generateId": "uuid"}},
        });
        assert_eq!(
            Value::Object(select(&settings)),
            json!({
                "advanced.database.generateId": "uuid",
                "session.fields": {"userId": "user_id"},
                "user.additionalFields": {"plan": {"type": "string"}},
                "user.modelName": "users",
            })
        );
    }
}
