//! The reference page: one section per object of the schema, one row per field.

use std::fmt::Write as _;

use serde_json::Value;

const NETWORK_POLICY: &str =
    "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/";

/// Fields whose objects other sections or Kubernetes' own documentation explain, which its own documentation explains.
const KUBERNETES_TYPES: [(&str, &str); 5] = [
    ("apiFrom", NETWORK_POLICY),
    ("metricsFrom", NETWORK_POLICY),
    ("additionalEgress", NETWORK_POLICY),
    (
        "resources",
        "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    ),
    (
        "conditions",
        "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/condition/",
    ),
];

/// Markdown for a `CustomResourceDefinition` given as JSON.
pub(crate) fn page(crd: &Value) -> String {
    let version = &crd["spec"]["versions"][0];
    let schema = &version["schema"]["openAPIV3Schema"];
    let mut page = format!(
        "# AuthBackend\n\n`{}/{}`, namespaced, short name `{}`.\n\n{}\n",
        text(&crd["spec"]["group"]),
        text(&version["name"]),
        text(&crd["spec"]["names"]["shortNames"][0]),
        text(&schema["description"]),
    );
    page.push_str("\nA field without “required” may be left out; its default is applied by the operator or the server and never stored.\n");
    for part in ["spec", "status"] {
        section(&mut page, part, &schema["properties"][part]);
    }
    page
}

fn section(page: &mut String, path: &str, schema: &Value) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let _ = write!(page, "\n## `{path}`\n");
    if let Some(description) = schema["description"].as_str() {
        let _ = write!(page, "\n{}\n", one_line(description));
    }
    rules(page, schema);
    page.push_str("\n| field | type | meaning |\n|---|---|---|\n");
    for (name, field) in properties {
        let required = schema["required"]
            .as_array()
            .is_some_and(|all| all.contains(&Value::from(name.as_str())));
        let _ = writeln!(
            page,
            "| `{name}` | {} | {} |",
            type_of(name, field, required),
            meaning(field)
        );
    }
    for (name, field) in properties {
        if kubernetes_type(name).is_some() {
            continue;
        }
        section(page, &format!("{path}.{name}"), field);
        section(page, &format!("{path}.{name}[]"), &field["items"]);
    }
}

/// The messages of the validation rules, which state the rule for people.
fn rules(page: &mut String, schema: &Value) {
    let messages: Vec<_> = messages_of(schema).collect();
    if !messages.is_empty() {
        page.push_str("\nRules:\n\n");
    }
    for message in messages {
        let _ = writeln!(page, "- {}", one_line(message));
    }
}

fn messages_of(schema: &Value) -> impl Iterator<Item = &str> {
    schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|rule| rule["message"].as_str())
}

fn type_of(name: &str, field: &Value, required: bool) -> String {
    let mut parts = vec![match kubernetes_type(name) {
        Some(link) => format!("[{}]({link})", text(&field["type"])),
        None => plain_type(field),
    }];
    let bound = |key: &str| field[key].as_f64().map(|number| number.to_string());
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => parts.push(format!("{low} to {high}")),
        (Some(low), None) => parts.push(format!("at least {low}")),
        _ => {}
    }
    if required {
        parts.push("**required**".to_owned());
    }
    parts.join(", ")
}

fn plain_type(field: &Value) -> String {
    let values: Vec<_> = field["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|v| format!("`{v}`"))
        .collect();
    if !values.is_empty() {
        return values.join(" \\| ");
    }
    match field["type"].as_str() {
        Some("array") => format!("list of {}", plain_type(&field["items"])),
        Some("object") if !field["properties"].is_object() => "map".to_owned(),
        Some(other) => other.to_owned(),
        None if field["x-kubernetes-int-or-string"] == true => "quantity".to_owned(),
        None => "any".to_owned(),
    }
}

fn meaning(field: &Value) -> String {
    let mut meaning = one_line(text(&field["description"]));
    if !field["properties"].is_object() {
        for message in messages_of(field) {
            let _ = write!(meaning, " Rule: {}.", one_line(message));
        }
    }
    meaning.replace('|', "\\|")
}

fn kubernetes_type(name: &str) -> Option<&'static str> {
    KUBERNETES_TYPES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, link)| *link)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page_of(spec: &Value) -> String {
        page(&json!({"spec": {
            "group": "example.dev", "names": {"shortNames": ["ex"]},
            "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"properties": {"spec": spec}}}}],
        }}))
    }

    #[test]
    fn a_field_shows_its_type_range_and_whether_it_is_required() {
        let page = page_of(&json!({"required": ["port"], "properties": {
            "port": {"type": "integer", "minimum": 1.0, "maximum": 65535.0, "description": "The\nport."},
        }}));
        assert!(
            page.contains("| `port` | integer, 1 to 65535, **required** | The port. |"),
            "{page}"
        );
    }

    #[test]
    fn the_message_of_a_rule_states_the_rule() {
        let page = page_of(&json!({
            "x-kubernetes-validations": [{"rule": "self.a != self.b", "message": "a and b must differ"}],
            "properties": {"a": {"type": "string"}},
        }));
        assert!(page.contains("- a and b must differ"), "{page}");
    }

    #[test]
    fn an_object_in_a_list_has_a_section() {
        let item = json!({"type": "object", "properties": {"name": {"type": "string"}}});
        let page = page_of(&json!({"properties": {"refs": {"type": "array", "items": item}}}));
        assert!(page.contains("## `spec.refs[]`"), "{page}");
    }

    #[test]
    fn the_values_of_an_enumeration_are_listed() {
        let page =
            page_of(&json!({"properties": {"mode": {"type": "string", "enum": ["a", "b", null]}}}));
        assert!(page.contains("`a` \\| `b`"), "{page}");
    }
}
