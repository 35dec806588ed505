use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::chart;

/// Every value of values.yaml by its path with its meaning, as README.md lists them. `cargo xtask generate` derives that list.
fn documented() -> Result<BTreeMap<String, String>> {
    let readme = chart::file("README.md")?;
    let (_, table) = readme
        .split_once("in this table.\n\n")
        .context("README.md has no table")?;
    let row = |line: &str| {
        let (path, rest) = line.strip_prefix("| `")?.split_once("` | `")?;
        let (_, meaning) = rest.split_once("` | ")?;
        Some((path.to_owned(), meaning.trim_end_matches(" |").to_owned()))
    };
    Ok(table.lines().filter_map(row).collect())
}

#[test]
fn every_value_has_a_comment() -> Result<()> {
    for (path, meaning) in documented()? {
        assert!(meaning.ends_with('.'), "{path} has no comment");
    }
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
