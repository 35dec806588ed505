//! `cargo xtask bench`: builds what is measured as it is published, and starts the measurement.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::cargo;
use crate::images::OPERATOR;
use crate::progress::{Progress, Step};
use crate::tools;
use crate::workspace::Workspace;

/// The program that measures.
const BENCH: &str = "authbackend-bench";

/// Measures the operator; `options` are the measuring program's.
pub(crate) fn operator(workspace: &Workspace, options: &[&str]) -> Result<ExitCode> {
    let mut progress = Progress::new(3, workspace.scratch()?.join("bench.log"))?;
    let binaries = progress.step("kube-apiserver, etcd", |step| {
        tools::api_server(workspace, step)
    })?;
    let operator = progress.step("operator", |step| build(workspace, OPERATOR.binary, step))?;
    let bench = progress.step("bench", |step| build(workspace, BENCH, step))?;
    let results = results(workspace);
    let status = Command::new(bench)
        .arg("operator")
        .arg("--binaries")
        .arg(binaries)
        .arg("--operator")
        .arg(operator)
        .arg("--out")
        .arg(&results)
        .args(options)
        .status()
        .context("the measuring program cannot be started")?;
    println!("Results: {}", results.display());
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Where tables and plots go.
fn results(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bench")
}

fn build(workspace: &Workspace, binary: &str, step: &Step<'_>) -> Result<PathBuf> {
    let options = ["--workspace", "--profile=dist"];
    cargo::build(&workspace.root, binary, &options, |build| {
        step.capture(build)
    })
}
