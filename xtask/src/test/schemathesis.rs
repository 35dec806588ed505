//! Schemathesis, which makes requests of an OpenAPI document, in a Python environment of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use crate::process;
use crate::progress::Step;
use crate::workspace::Workspace;

/// The versions that are installed.
const REQUIREMENTS: &str = "conformance/openapi/requirements.txt";

/// The program, installed in the cache folder where its pinned version is not there yet.
pub(super) fn find(workspace: &Workspace, step: &Step<'_>) -> Result<PathBuf> {
    let requirements = workspace.root.join(REQUIREMENTS);
    let wanted =
        fs::read_to_string(&requirements).with_context(|| format!("cannot read {REQUIREMENTS}"))?;
    let folder = workspace.cache.join("schemathesis");
    let program = folder.join("bin/schemathesis");
    let installed = folder.join("requirements.txt");
    if program.exists() && fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(program);
    }
    if !process::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        debian::install(step, "python3-venv", "Python 3 with venv")?;
    }
    step.say("installing it for Python");
    step.run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    step.run(
        Command::new(folder.join("bin/pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&requirements),
    )?;
    // Last: an installation that was cut off is begun again.
    fs::write(&installed, wanted).context("cannot note what is installed")?;
    Ok(program)
}
