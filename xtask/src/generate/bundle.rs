//! The bundle for the Operator Lifecycle Manager, of what Helm renders of the chart.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Stale, ask};
use crate::process;
use crate::progress::Progress;
use crate::tools::{self, HELM};
use crate::workspace::Workspace;

/// Its folder.
const FOLDER: &str = "olm";
/// The folder in it whose files all count.
const MANIFESTS: &str = "olm/manifests";

const CHART: &str = "charts/authbackend-operator";
const ICON: &str = "docs/images/icon.svg";

/// The files by their paths from the repository's root, and what they hold.
pub(super) fn files(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let rendered = workspace.scratch()?.join("rendered.yaml");
    fs::write(&rendered, render(workspace)?).context("cannot keep what Helm renders")?;
    let chart = workspace.root.join(CHART).join("Chart.yaml");
    let icon = workspace.root.join(ICON);
    let paths = [&chart, &rendered, &icon].map(|path| path.to_string_lossy());
    let [chart, rendered, icon] = &paths;
    let files = ask(workspace, "crdgen", &["bundle", chart, rendered, icon])?;
    let files: BTreeMap<String, String> = serde_json::from_str(&files)?;
    Ok(files
        .into_iter()
        .map(|(path, text)| (format!("{FOLDER}/{path}"), text))
        .collect())
}

/// What Helm renders with the default values, in the namespace that the documentation names.
fn render(workspace: &Workspace) -> Result<String> {
    let mut progress = Progress::new(1, workspace.scratch()?.join("generate.log"))?;
    let helm = progress.step("helm", |step| tools::find(&HELM, workspace, step))?;
    process::output(
        Command::new(helm)
            .args(["template", "authbackend-operator"])
            .arg(workspace.root.join(CHART))
            .args(["--namespace", "authbackend-system"]),
    )
}

/// Manifests that are not among those `derived`: OLM would install them all the same.
pub(super) fn left_over(workspace: &Workspace, derived: &[(String, String)]) -> Result<Vec<Stale>> {
    let folder = workspace.root.join(MANIFESTS);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut left_over = Vec::new();
    for entry in fs::read_dir(folder).context(MANIFESTS)? {
        let path = format!("{MANIFESTS}/{}", entry?.file_name().to_string_lossy());
        if !derived.iter().any(|(derived, _)| *derived == path) {
            left_over.push(Stale { path, text: None });
        }
    }
    Ok(left_over)
}
