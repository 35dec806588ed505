use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::chart;

/// A value with its default and the comment above it.
#[derive(Debug, PartialEq)]
struct Documented {
    default: String,
    comment: String,
}

/// Every value of values.yaml by its path. What has no fixed fields (labels, resources, …) is one value.
fn documented() -> Result<BTreeMap<String, Documented>> {
    let values = chart::values()?;
    let mut found = BTreeMap::new();
    let mut parents: Vec<String> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let text = chart::file("values.yaml")?;
    for line in text.lines() {
        let content = line.trim_start();
        let depth = (line.len() - content.len()) / 2;
        if let Some(remark) = content.strip_prefix('#') {
            comment.push(remark.trim());
        } else if content.is_empty() {
            comment.clear();
        } else if let Some((key, _)) = content.split_once(':') {
            parents.truncate(depth);
            parents.push(key.to_owned());
            let pointer = format!("/{}", parents.join("/"));
            let value = values
                .pointer(&pointer)
                .with_context(|| format!("no value {pointer}"))?;
            let below_a_documented_value =
                (1..parents.len()).any(|length| found.contains_key(&parents[..length].join(".")));
            let is_group =
                value.as_object().is_some_and(|fields| !fields.is_empty()) && comment.is_empty();
            if !below_a_documented_value && !is_group {
                let entry = Documented {
                    default: value.to_string(),
                    comment: comment.join(" "),
                };
                found.insert(parents.join("."), entry);
            }
            comment.clear();
        }
    }
    Ok(found)
}

fn table(values: &BTreeMap<String, Documented>) -> String {
    let rows = values
        .iter()
        .map(|(path, value)| format!("| `{path}` | `{}` | {} |\n", value.default, value.comment));
    ["| Value | Default | Meaning |\n|---|---|---|\n".to_owned()]
        .into_iter()
        .chain(rows)
        .collect()
}

#[test]
fn every_value_has_a_comment() -> Result<()> {
    for (path, value) in documented()? {
        assert!(value.comment.ends_with('.'), "{path} has no comment");
    }
    Ok(())
}

#[test]
fn the_readme_lists_every_value_with_its_default_and_meaning() -> Result<()> {
    let readme = chart::file("README.md")?;
    let (_, listed) = readme
        .split_once("in this table.\n\n")
        .context("README.md has no table")?;
    let expected = table(&documented()?);
    assert!(
        listed == expected,
        "the table in README.md is out of date; it should be\n\n{expected}"
    );
    Ok(())
}

/// The paths of all properties in a schema, with a dot between levels.
fn properties(schema: &Value, prefix: &str, found: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if property["properties"].is_object() {
            properties(property, &path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn the_schema_knows_exactly_the_documented_values() -> Result<()> {
    let schema: Value = serde_json::from_str(&chart::file("values.schema.json")?)?;
    let mut known = Vec::new();
    properties(&schema, "", &mut known);
    // Helm itself passes `global` to every chart.
    known.retain(|path| path != "global");
    known.sort();
    assert_eq!(known, documented()?.into_keys().collect::<Vec<_>>());
    Ok(())
}

#[test]
fn an_unknown_value_is_refused_by_name() -> Result<()> {
    for (setting, name) in [
        ("replicaCount=2", "replicaCount"),
        (r#"image.registry="a""#, "registry"),
    ] {
        let refusal = chart::refusal(&[setting])?;
        assert!(
            refusal.contains(&format!("'{name}' not allowed")),
            "{refusal}"
        );
    }
    Ok(())
}

#[test]
fn a_value_of_the_wrong_type_is_refused_by_path() -> Result<()> {
    let wrong = [
        (r#"replicas="two""#, "/replicas"),
        (r#"watchNamespaces="team-a""#, "/watchNamespaces"),
        (r#"watchNamespaces=["Team A"]"#, "/watchNamespaces/0"),
        (r#"image.digest="sha256:abc""#, "/image/digest"),
        (r#"image.pullPolicy="Sometimes""#, "/image/pullPolicy"),
        (r#"logging.format="xml""#, "/logging/format"),
        ("metrics.service.port=0", "/metrics/service/port"),
    ];
    for (setting, path) in wrong {
        let refusal = chart::refusal(&[setting])?;
        assert!(
            refusal.contains(&format!("at '{path}'")),
            "{setting}: {refusal}"
        );
    }
    Ok(())
}
