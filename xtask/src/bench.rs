//! `cargo xtask bench`: builds what is measured as it is published, and starts the measurement.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result};

use crate::cargo;
use crate::images::{OPERATOR, SERVER};
use crate::progress::{Progress, Step};
use crate::test::postgres::Postgres;
use crate::tools;
use crate::workspace::Workspace;

/// What a Postgres with millions of rows is given on a server of its own, besides a quarter of the memory. The log is
/// bounded by the disk. With `minimal` the building of an index is not in it; there is no standby that would need it.
const LARGE: [&str; 6] = [
    "maintenance_work_mem=512MB",
    "max_parallel_maintenance_workers=0",
    "max_wal_size=2GB",
    "checkpoint_timeout=15min",
    "wal_level=minimal",
    "max_wal_senders=0",
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
    // What Postgres' manual takes for a reasonable start.
    let buffers = format!("shared_buffers={}MB", memory_mebibytes()? / 4);
    let settings: Vec<&str> = LARGE.into_iter().chain([buffers.as_str()]).collect();
    let postgres = progress.step("Postgres", |step| Postgres::start_with(step, &settings))?;
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
    // Not as it is published, which takes several times as long to build.
    let server = progress.step("auth-server", |step| {
        with_symbols(workspace, "release", step)
    })?;
    let mut bench = progress.step("bench", |step| quick_bench(workspace, "instructions", step))?;
    bench.arg("--auth-server").arg(server);
    bench.arg("--database").arg(postgres.url());
    bench
        .arg("--baseline")
        .arg(workspace.root.join("bench/baseline.json"));
    run(bench.args(options))
}

/// Draws flame graphs of the auth server; `options` are the measuring program's.
pub(crate) fn profile(workspace: &Workspace, options: &[&str]) -> Result<ExitCode> {
    let mut progress = Progress::new(3, workspace.scratch()?.join("bench.log"))?;
    let postgres = progress.step("Postgres", Postgres::start)?;
    let server = progress.step("auth-server", |step| with_symbols(workspace, "dist", step))?;
    let mut bench = progress.step("bench", |step| bench(workspace, "profile", step))?;
    bench.arg("--auth-server").arg(server);
    bench.arg("--database").arg(postgres.url());
    measure(workspace, bench.args(options))
}

/// Simulates a service of several servers; `options` are the simulating program's.
pub(crate) fn simulate(workspace: &Workspace, options: &[&str]) -> Result<ExitCode> {
    let mut progress = Progress::new(1, workspace.scratch()?.join("bench.log"))?;
    let mut bench = progress.step("bench", |step| quick_bench(workspace, "simulate", step))?;
    measure(workspace, bench.args(options))
}

/// The memory of this machine (proc(5)).
fn memory_mebibytes() -> Result<u64> {
    let text = fs::read_to_string("/proc/meminfo").context("cannot read /proc/meminfo")?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = total.and_then(|total| total.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kibibytes.context("/proc/meminfo has no MemTotal")? >> 10)
}

fn exit(status: ExitStatus) -> ExitCode {
    if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Has the measuring program save what it measures.
fn measure(workspace: &Workspace, bench: &mut Command) -> Result<ExitCode> {
    let results = results(workspace);
    let code = run(bench.arg("--out").arg(&results))?;
    println!("Results: {}", results.display());
    Ok(code)
}

fn run(bench: &mut Command) -> Result<ExitCode> {
    let status = bench
        .status()
        .context("the measuring program cannot be started")?;
    Ok(exit(status))
}

/// The measuring program with its subcommand.
fn bench(workspace: &Workspace, subcommand: &str, step: &Step<'_>) -> Result<Command> {
    let mut command = Command::new(build(workspace, BENCH, step)?);
    command.arg(subcommand);
    Ok(command)
}

/// As [`bench`], where it does not share a processor with what it measures: built in less time.
fn quick_bench(workspace: &Workspace, subcommand: &str, step: &Step<'_>) -> Result<Command> {
    let bench = cargo::build(&workspace.root, BENCH, &["--workspace"], |build| {
        step.capture(build)
    })?;
    let mut command = Command::new(bench);
    command.arg(subcommand);
    Ok(command)
}

/// The auth server with the names of its functions.
fn with_symbols(workspace: &Workspace, profile: &str, step: &Step<'_>) -> Result<PathBuf> {
    let options = ["--profile", profile, "--package", SERVER.binary];
    let strip = format!("CARGO_PROFILE_{}_STRIP", profile.to_uppercase());
    cargo::build(&workspace.root, SERVER.binary, &options, |build| {
        step.capture(build.env(strip, "none"))
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
