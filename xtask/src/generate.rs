//! `cargo xtask generate`: writes every file that is derived from the types in `crds/`, the server's routes,
//! the command line of `kubectl authbackend`, what the programs
//! count, and the chart's values.

mod metrics;
mod values;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::images::{OPERATOR, SERVER};
use crate::process;
use crate::workspace::Workspace;

/// What kubectl runs as `kubectl authbackend`.
pub(crate) const CLI: &str = "kubectl-authbackend";

/// Binaries, what each of them prints when it is asked for it, and the files that hold that.
const DERIVED: [(&str, &str, &[&str]); 4] = [
    (
        "crdgen",
        "crd",
        &[
            "crds/authbackend.yaml",
            "charts/authbackend-operator/files/authbackends.yaml",
        ],
    ),
    ("crdgen", "docs", &["docs/reference/authbackend.md"]),
    (SERVER.binary, "openapi", &["docs/reference/openapi.json"]),
    (CLI, "reference", &["docs/reference/cli.md"]),
];

/// The reference page of the metrics.
const METRICS: &str = "docs/reference/metrics.md";

/// The chart's README, of which the table of values is derived, and those.
const README: &str = "charts/authbackend-operator/README.md";
const VALUES: &str = "charts/authbackend-operator/values.yaml";

/// Writes the files that differ.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for (path, text) in stale(workspace)? {
        let file = workspace.root.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

/// Fails where a file differs.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let stale: Vec<&str> = stale(workspace)?
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    if !stale.is_empty() {
        bail!("stale: {}; run: cargo xtask generate", stale.join(", "));
    }
    Ok(())
}

/// The files that differ from what they should hold, with that.
fn stale(workspace: &Workspace) -> Result<Vec<(&'static str, String)>> {
    // With the features that the whole workspace gives its crates, so that nothing is compiled for
    // this alone.
    let mut stale = Vec::new();
    for (binary, kind, paths) in DERIVED {
        let text = ask(workspace, binary, kind)?;
        let differing = paths
            .iter()
            .filter(|path| differs(&workspace.root.join(path), &text));
        stale.extend(differing.map(|&path| (path, text.clone())));
    }
    let page = metrics::page(&[
        ("Operator", ask(workspace, OPERATOR.binary, "metrics")?),
        ("Server", ask(workspace, SERVER.binary, "metrics")?),
    ]);
    if differs(&workspace.root.join(METRICS), &page) {
        stale.push((METRICS, page));
    }
    let read = |path| fs::read_to_string(workspace.root.join(path)).context(path);
    let readme = values::readme(&read(README)?, &read(VALUES)?)?;
    if differs(&workspace.root.join(README), &readme) {
        stale.push((README, readme));
    }
    Ok(stale)
}

/// What a binary prints when it is asked for `kind`.
fn ask(workspace: &Workspace, binary: &str, kind: &str) -> Result<String> {
    let program = cargo::build(&workspace.root, binary, &["--workspace"], process::output)?;
    process::output(Command::new(&program).arg(kind))
}

/// Whether the file does not hold exactly the text; a missing one does not.
fn differs(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).ok().as_deref() != Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_stale_when_it_is_missing_or_holds_another_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(differs(&path, "new"));
        fs::write(&path, "old").unwrap();
        assert!(differs(&path, "new"));
        fs::write(&path, "new").unwrap();
        assert!(!differs(&path, "new"));
    }
}
