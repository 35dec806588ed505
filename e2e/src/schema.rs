//! The schema of `AuthBackend` in the API server.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cluster::kubectl;
use crate::command::run;
use crate::wait::{Look, until};

const CRD: &str = "authbackends.authbackend.dev";
const DOCUMENT: &str = "/openapi/v3/apis/authbackend.dev/v1alpha1";
const KIND: &str = "AuthBackend";

/// Waits until the API server serves the schema of the CRD that it has stored: it takes up a change some time after
/// it has accepted it, and until then admits by the schema of before.
pub fn wait_until_served() -> Result<()> {
    let crd: Value =
        serde_json::from_str(&run(kubectl()?.args(["get", "crd", CRD, "--output=json"]))?)?;
    let stored = said(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]);
    until(
        "new schema in the API server",
        Duration::from_mins(1),
        || {
            // There is no document before the first version is served.
            let Ok(document) = run(kubectl()?.args(["get", "--raw", DOCUMENT])) else {
                return Ok(Look::NotYet("no document".to_owned()));
            };
            let served = said(served(&serde_json::from_str(&document)?)?);
            Ok(match first_difference(&stored, &served) {
                None => Look::Done(()),
                Some(place) => Look::NotYet(format!("{place} is not that of the CRD")),
            })
        },
    )
}

/// The properties of an `AuthBackend` in the document of its group.
fn served(document: &Value) -> Result<&Value> {
    let schemas = document["components"]["schemas"].as_object();
    let schema = schemas.into_iter().flatten().find(|(_, schema)| {
        schema["x-kubernetes-group-version-kind"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"] == KIND))
    });
    let (_, schema) = schema.context("the document of the group has no AuthBackend")?;
    Ok(&schema["properties"])
}

/// Every description and every rule below `spec` and `status`, by its place. What else the API server publishes differs
/// in form from what it has stored.
fn said(properties: &Value) -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    for name in ["spec", "status"] {
        collect(&properties[name], name, &mut said);
    }
    said
}

fn collect(value: &Value, place: &str, said: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let place = format!("{place}.{name}");
                match value {
                    Value::String(text) if ["description", "rule"].contains(&name.as_str()) => {
                        said.insert(place, text.clone());
                    }
                    value => collect(value, &place, said),
                }
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(item, &format!("{place}[{number}]"), said);
            }
        }
        _ => {}
    }
}

fn first_difference<'a>(
    stored: &'a BTreeMap<String, String>,
    served: &'a BTreeMap<String, String>,
) -> Option<&'a str> {
    let differs = |(place, text): &(&String, &String)| served.get(*place) != Some(text);
    let missing = stored.iter().find(differs);
    let surplus = served
        .iter()
        .find(|(place, _)| !stored.contains_key(*place));
    missing.or(surplus).map(|(place, _)| place.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(stored: &Value, served: &Value) -> Option<String> {
        first_difference(&said(stored), &said(served)).map(str::to_owned)
    }

    #[test]
    fn what_is_published_in_another_form_is_the_same() {
        let stored = json!({"spec": {"description": "a", "properties": {"b": {"type": "string"}}}});
        let served =
            json!({"spec": {"description": "a", "default": {}}, "metadata": {"description": "m"}});
        assert_eq!(difference(&stored, &served), None);
    }

    #[test]
    fn a_field_a_text_or_a_rule_of_before_is_a_difference() {
        let schema = |text: &str, rule: &str| {
            let rules = json!([{"rule": rule}]);
            json!({"spec": {"properties": {"a": {"description": text, "x-kubernetes-validations": rules}}}})
        };
        let stored = schema("new", "new");
        for (served, place) in [
            (schema("old", "new"), "spec.properties.a.description"),
            (
                schema("new", "old"),
                "spec.properties.a.x-kubernetes-validations[0].rule",
            ),
            (json!({"spec": {}}), "spec.properties.a.description"),
        ] {
            assert_eq!(difference(&stored, &served).as_deref(), Some(place));
        }
        assert!(difference(&json!({"spec": {}}), &stored).is_some());
    }
}
