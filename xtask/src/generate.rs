//! `cargo xtask generate`: writes every file that is derived from the types in `crds/`, the server's routes,
//! the command line of `kubectl authbackend`, what the programs
//! count, and the chart: its values, and what Helm renders of it.

mod bundle;
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

/// A file that differs from what it should hold.
struct Stale {
    /// Its path from the repository's root.
    path: String,
    /// What it should hold; `None` where there should be no such file.
    text: Option<String>,
}

/// Writes the files that differ.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for Stale { path, text } in stale(workspace)? {
        let file = workspace.root.join(&path);
        let Some(text) = text else {
            fs::remove_file(&file).with_context(|| format!("cannot remove {path}"))?;
            println!("removed {path}");
            continue;
        };
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
    let stale = stale(workspace)?;
    let paths: Vec<&str> = stale.iter().map(|stale| stale.path.as_str()).collect();
    if !paths.is_empty() {
        bail!("stale: {}; run: cargo xtask generate", paths.join(", "));
    }
    Ok(())
}

fn stale(workspace: &Workspace) -> Result<Vec<Stale>> {
    // With the features that the whole workspace gives its crates, so that nothing is compiled for
    // this alone.
    let mut derived: Vec<(String, String)> = Vec::new();
    for (binary, kind, paths) in DERIVED {
        let text = ask(workspace, binary, &[kind])?;
        derived.extend(paths.iter().map(|&path| (path.to_owned(), text.clone())));
    }
    let page = metrics::page(&[
        ("Operator", ask(workspace, OPERATOR.binary, &["metrics"])?),
        ("Server", ask(workspace, SERVER.binary, &["metrics"])?),
    ]);
    derived.push((METRICS.to_owned(), page));
    let read = |path| fs::read_to_string(workspace.root.join(path)).context(path);
    let readme = values::readme(&read(README)?, &read(VALUES)?)?;
    derived.push((README.to_owned(), readme));
    derived.extend(bundle::files(workspace)?);

    let mut stale = bundle::left_over(workspace, &derived)?;
    for (path, text) in derived {
        if differs(&workspace.root.join(&path), &text) {
            let text = Some(text);
            stale.push(Stale { path, text });
        }
    }
    Ok(stale)
}

/// What a binary prints when it is asked with these `arguments`.
fn ask(workspace: &Workspace, binary: &str, arguments: &[&str]) -> Result<String> {
    let program = cargo::build(&workspace.root, binary, &["--workspace"], process::output)?;
    process::output(Command::new(&program).args(arguments))
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
