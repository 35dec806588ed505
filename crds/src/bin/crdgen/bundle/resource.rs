//! What a console shows of the resource.

use serde_json::{Value, json};

use super::text;
use crate::Error;

/// The resource as a `ClusterServiceVersion` tells of it.
pub(super) fn owned(crd: &Value) -> Result<Value, Error> {
    let version = &crd["spec"]["versions"][0];
    let schema = &version["schema"]["openAPIV3Schema"];
    let kinds = [
        ("v1", "Deployment"),
        ("v1", "Job"),
        ("v1", "Service"),
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
    ];
    Ok(json!({
        "name": crd["metadata"]["name"],
        "kind": crd["spec"]["names"]["kind"],
        "version": version["name"],
        "displayName": crd["spec"]["names"]["kind"],
        "description": schema["description"],
        "resources": kinds.map(|(version, kind)| json!({"kind": kind, "version": version})),
        "specDescriptors": descriptors(&schema["properties"]["spec"])?,
        "statusDescriptors": descriptors(&schema["properties"]["status"])?,
    }))
}

fn descriptors(schema: &Value) -> Result<Vec<Value>, Error> {
    let fields = schema["properties"].as_object();
    let fields = fields.ok_or("the definition has no fields")?;
    fields
        .iter()
        .map(|(path, field)| {
            Ok(json!({
                "path": path,
                "displayName": title(path),
                "description": first_sentence(text(&field["description"])?),
            }))
        })
        .collect()
}

/// `podTemplate` is `Pod Template`, `baseURL` is `Base URL`.
fn title(field: &str) -> String {
    let mut title = String::new();
    let mut after_capital = false;
    for (at, letter) in field.chars().enumerate() {
        if letter.is_ascii_uppercase() && !after_capital {
            title.push(' ');
        }
        after_capital = letter.is_ascii_uppercase();
        title.push(if at == 0 {
            letter.to_ascii_uppercase()
        } else {
            letter
        });
    }
    title
}

fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_titled_and_explained_in_a_sentence() {
        for (field, expected) in [
            ("podTemplate", "Pod Template"),
            ("baseURL", "Base URL"),
            ("auth", "Auth"),
        ] {
            assert_eq!(title(field), expected);
        }
        assert_eq!(first_sentence("One\nline. Another."), "One line.");
        assert_eq!(first_sentence("No end"), "No end");
    }
}
