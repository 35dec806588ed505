//! `cargo xtask bench`: builds what is measured as it is published, and starts the measurement.

use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result};

use crate::cargo;
use crate::images::{OPERATOR, SERVER};
use crate::progress::{Progress, Step};
use crate::test::postgres::Postgres;
use crate::tools;
use crate::workspace::Workspace;

/// What a Postgres with millions of rows is given, as on a small server of its own, and so that no checkpoint falls into a
/// measurement.
const LARGE: [&str; 4] = [
    "shared_buffers=2GB",
    "maintenance_work_mem=512MB",
    "max_wal_size=16GB",
    "checkpoint_timeout=1h",
];

/// The program that measures.
const BENCH: &str = "authbackend-bench";

/// Measures the operator; `options` are the measuring program's.
pub(crate) fn operator(workspace: &Workspace, options: &[&str]) -> Result<ExitCode> {
    let mut progress = Progress::new(3, workspace.scratch()?.join("bench.log"))?;
    let binaries = progress.step("kube-apiserver, etcd", |step| {
        tools::api_server(workspace, step)
    })?;
    let operator = progress.step("operator", |step| build(workspace, OPERATOR.binary, step))?;
    let mut bench = progress.step("bench", |step| bench(workspace, "operator", step))?;
    bench.arg("--binaries").arg(binaries);
    bench.arg("--operator").arg(operator);
    measure(workspace, bench.args(options))
}

/// Measures the auth server; `options` are the measuring program's.
pub(crate) fn server(workspace: &Workspace, options: &[&str]) -> Result<ExitCode> {
    let conformance = workspace.root.join("conformance");
    let mut progress = Progress::new(5, workspace.scratch()?.join("bench.log"))?;
    let postgres = progress.step("Postgres", Postgres::start)?;
    let kratos = progress.step("Ory Kratos", |step| tools::kratos(workspace, step))?;
    progress.step("better-auth", |step| {
        step.run(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(&conformance),
        )
    })?;
    let server = progress.step("auth-server", |step| build(workspace, SERVER.binary, step))?;
    let mut bench = progress.step("bench", |step| bench(workspace, "server", step))?;
    bench.arg("--auth-server").arg(server);
    bench.arg("--conformance").arg(conformance);
    bench.arg("--kratos").arg(kratos);
    bench.arg("--database").arg(postgres.url());
    measure(workspace, bench.args(options))
}

/// Measures the auth server with many users; `options` are the measuring program's.
pub(crate) fn growth(workspace: &Workspace, options: &[&str]) -> Result<ExitCode> {
    let mut progress = Progress::new(3, workspace.scratch()?.join("bench.log"))?;
    let postgres = progress.step("Postgres", |step| Postgres::start_with(step, &LARGE))?;
    let server = progress.step("auth-server", |step| build(workspace, SERVER.binary, step))?;
    let mut bench = progress.step("bench", |step| bench(workspace, "growth", step))?;
    bench.arg("--auth-server").arg(server);
    bench.arg("--database").arg(postgres.url());
    measure(workspace, bench.args(options))
}

/// Counts the instructions of requests to the auth server; `options` are the measuring program's.
pub(crate) fn instructions(workspace: &Workspace, options: &[&str]) -> Result<ExitCode> {
    let mut progress = Progress::new(3, workspace.scratch()?.join("bench.log"))?;
    let postgres = progress.step("Postgres", Postgres::start)?;
    // Not as it is published, which takes several times as long to build; with symbols, by which threads are told apart.
    let server = progress.step("auth-server", |step| {
        let options = ["--release", "--package", SERVER.binary];
        cargo::build(&workspace.root, SERVER.binary, &options, |build| {
            step.capture(build.env("CARGO_PROFILE_RELEASE_STRIP", "none"))
        })
    })?;
    let bench = progress.step("bench", |step| {
        cargo::build(&workspace.root, BENCH, &["--workspace"], |build| {
            step.capture(build)
        })
    })?;
    let status = Command::new(bench)
        .arg("instructions")
        .arg("--auth-server")
        .arg(server)
        .arg("--database")
        .arg(postgres.url())
        .arg("--baseline")
        .arg(workspace.root.join("bench/baseline.json"))
        .args(options)
        .status()
        .context("the measuring program cannot be started")?;
    Ok(exit(status))
}

fn exit(status: ExitStatus) -> ExitCode {
    if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn measure(workspace: &Workspace, bench: &mut Command) -> Result<ExitCode> {
    let results = results(workspace);
    let status = bench
        .arg("--out")
        .arg(&results)
        .status()
        .context("the measuring program cannot be started")?;
    println!("Results: {}", results.display());
    Ok(exit(status))
}

/// The measuring program with its subcommand.
fn bench(workspace: &Workspace, subcommand: &str, step: &Step<'_>) -> Result<Command> {
    let mut command = Command::new(build(workspace, BENCH, step)?);
    command.arg(subcommand);
    Ok(command)
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
