//! What Artifact Hub shows of the chart.

use anyhow::{Context as _, Result};
use authbackend_e2e::command::repository;
use serde_json::Value;

use crate::{chart, images};

/// What it knows of changes. <https://artifacthub.io/docs/topics/annotations/helm/>
const KINDS: [&str; 6] = [
    "added",
    "changed",
    "deprecated",
    "removed",
    "fixed",
    "security",
];

fn metadata() -> Result<Value> {
    Ok(serde_saphyr::from_str(&chart::file("Chart.yaml")?)?)
}

fn annotation(name: &str) -> Result<String> {
    let value = &metadata()?["annotations"][format!("artifacthub.io/{name}")];
    let text = value.as_str().with_context(|| format!("no {name}"))?;
    Ok(text.to_owned())
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(repository().join(path)).context(path.to_owned())
}

#[test]
fn the_annotations_for_artifact_hub_name_the_default_images() -> Result<()> {
    let listed = annotation("images")?;
    for image in images::images(&[])? {
        assert!(
            listed.contains(&format!("image: {image}\n")),
            "{image} is not listed"
        );
    }
    Ok(())
}

#[test]
fn the_changes_of_a_release_are_of_known_kinds_and_in_the_changelog() -> Result<()> {
    let changes: Vec<Value> = serde_saphyr::from_str(&annotation("changes")?)?;
    assert!(!changes.is_empty());
    for change in changes {
        let kind = change["kind"].as_str().context("no kind")?;
        assert!(KINDS.contains(&kind), "{kind}");
        assert!(change["description"].is_string(), "{change}");
    }
    let chart = metadata()?;
    let version = chart["version"].as_str().context("no version")?;
    let changelog = read("CHANGELOG.md")?;
    let newest = changelog.lines().find(|line| line.starts_with("## "));
    let heading = format!("## {version}");
    assert!(
        newest.is_some_and(|newest| newest.starts_with(&heading)),
        "{newest:?}"
    );
    Ok(())
}

#[test]
fn it_is_a_prerelease_as_long_as_the_readme_says_alpha() -> Result<()> {
    let is_alpha = read("README.md")?.contains("> **Status: 0.1, alpha.**");
    assert_eq!(annotation("prerelease")?, is_alpha.to_string());
    Ok(())
}

#[test]
fn the_icon_is_in_the_repository() -> Result<()> {
    let chart = metadata()?;
    let icon = chart["icon"].as_str().context("no icon")?;
    let (_, path) = icon.split_once("/main/").context("of no branch")?;
    assert!(read(path)?.starts_with("<svg "));
    Ok(())
}

#[test]
fn the_release_pushes_the_metadata_of_the_repository() -> Result<()> {
    let file = read("charts/artifacthub-repo.yml")?;
    let metadata: Value = serde_saphyr::from_str(&file)?;
    // The workflow puts the variable's value in its place.
    let variable = "ARTIFACTHUB_REPOSITORY_ID";
    assert_eq!(metadata["repositoryID"], format!("${variable}"));
    let workflow = read(".github/workflows/release.yml")?;
    for word in ["charts/artifacthub-repo.yml", variable] {
        assert!(workflow.contains(word), "{word}");
    }
    Ok(())
}
