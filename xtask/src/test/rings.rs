//! The rings: what each needs, and what it runs.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::debian;
use super::postgres::Postgres;
use super::runner::Runner;
use super::schemathesis;
use crate::cargo::{self, cargo};
use crate::generate::CLI;
use crate::images::SERVER;
use crate::platform;
use crate::tools::{self, HELM};

/// How long a file of Node's tests may take.
const NODE_LIMIT: Duration = Duration::from_mins(15);

/// A group of tests that need the same surroundings.
pub(super) struct Ring {
    pub(super) name: &'static str,
    /// Not part of a run that names no ring.
    pub(super) only_by_name: bool,
    /// An error is what kept the ring's tests from running.
    pub(super) run: fn(&mut Runner<'_>) -> Result<()>,
}

/// All rings, in the order in which they run.
pub(super) const ALL: [Ring; 7] = [
    Ring {
        name: "unit",
        only_by_name: false,
        run: unit,
    },
    Ring {
        name: "chart",
        only_by_name: false,
        run: chart,
    },
    Ring {
        name: "server",
        only_by_name: false,
        run: server,
    },
    Ring {
        name: "operator",
        only_by_name: false,
        run: operator,
    },
    Ring {
        name: "conformance",
        only_by_name: false,
        run: conformance,
    },
    Ring {
        name: "e2e",
        only_by_name: false,
        run: e2e,
    },
    // Takes minutes to install, and its verdict changes only with Cargo.lock.
    Ring {
        name: "deny",
        only_by_name: true,
        run: deny,
    },
];

/// Everything that needs nothing but the sources, and Helm for what is derived from the chart.
fn unit(runner: &mut Runner<'_>) -> Result<()> {
    let root = &runner.workspace.root;
    let xtask = env::current_exe().context("cannot find this program")?;
    let own = |arguments: &[&str]| {
        let mut command = Command::new(&xtask);
        command.args(arguments);
        command
    };
    runner.check(
        "cargo fmt",
        &mut run_cargo(root, &["fmt", "--all", "--check"]),
    );
    runner.check("tidy", &mut own(&["tidy"]));
    runner.check("generate --check", &mut own(&["generate", "--check"]));
    runner.check(
        "cargo clippy",
        &mut run_cargo(
            root,
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "--deny=warnings",
            ],
        ),
    );
    runner.check(
        "tests",
        &mut run_cargo(
            root,
            &["test", "--workspace", "--lib", "--bins", "--no-fail-fast"],
        ),
    );
    runner.check(
        "examples in the documentation",
        &mut run_cargo(root, &["test", "--workspace", "--doc", "--no-fail-fast"]),
    );
    Ok(())
}

/// The Helm chart, rendered by Helm, its alerts, tried by Prometheus, and the bundle made of it.
fn chart(runner: &mut Runner<'_>) -> Result<()> {
    let root = &runner.workspace.root;
    let mut progress = runner.progress(3)?;
    let helm = progress.step("helm", |step| tools::find(&HELM, runner.workspace, step))?;
    let promtool = progress.step("promtool", debian::promtool)?;
    let verify = progress.step("operator-verify", |step| {
        tools::operator_verify(runner.workspace, step)
    })?;
    runner.check(
        "tests",
        integration_test(root, "chart")
            .env("HELM_BIN", helm)
            .env("PROMTOOL_BIN", promtool)
            .env("OPERATOR_VERIFY_BIN", verify),
    );
    Ok(())
}

/// The server on a real Postgres and a real Redis.
fn server(runner: &mut Runner<'_>) -> Result<()> {
    let root = &runner.workspace.root;
    let mut progress = runner.progress(3)?;
    let postgres = progress.step("Postgres", Postgres::start)?;
    let pgbouncer = progress.step("PgBouncer", debian::pgbouncer)?;
    let redis = progress.step("Redis", debian::redis)?;
    runner.check(
        "tests",
        integration_test(root, "server")
            .env("TEST_DATABASE_URL", postgres.url())
            .env("PGBOUNCER_BIN", pgbouncer)
            .env("REDIS_BIN", redis),
    );
    Ok(())
}

/// The operator on a real API server, which also judges what the chart renders.
fn operator(runner: &mut Runner<'_>) -> Result<()> {
    let root = &runner.workspace.root;
    let mut progress = runner.progress(2)?;
    let programs = progress.step("kube-apiserver, etcd", |step| {
        tools::api_server(runner.workspace, step)
    })?;
    let helm = progress.step("helm", |step| tools::find(&HELM, runner.workspace, step))?;
    runner.check(
        "tests",
        integration_test(root, "operator")
            .env("TEST_APISERVER_BIN", programs)
            .env("HELM_BIN", helm),
    );
    Ok(())
}

/// The real better-auth, its client and its server, against ours.
fn conformance(runner: &mut Runner<'_>) -> Result<()> {
    if tools::on_path("npm").is_none() {
        bail!("npm is needed to install better-auth: install Node 20 or newer");
    }
    let folder = runner.workspace.root.join("conformance");
    let mut progress = runner.progress(6)?;
    let postgres = progress.step("Postgres", Postgres::start)?;
    let redis = progress.step("Redis", debian::redis)?;
    let schemathesis = progress.step("schemathesis", |step| {
        schemathesis::find(runner.workspace, step)
    })?;
    let browser = progress.step("Chromium", debian::chromium)?;
    progress.step("better-auth", |step| {
        step.run(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(&folder),
        )
    })?;
    let server = progress.step("auth-server", |step| {
        let root = &runner.workspace.root;
        cargo::build(root, SERVER.binary, &["--workspace"], |build| {
            step.capture(build)
        })
    })?;
    runner.check(
        "tests",
        Command::new("node")
            .args(["--test", "--test-reporter=spec"])
            // Of a file: what one leaves running would keep it from ending.
            .arg(format!("--test-timeout={}", NODE_LIMIT.as_millis()))
            .current_dir(&folder)
            .env("TEST_DATABASE_URL", postgres.url())
            .env("AUTH_SERVER_BIN", server)
            .env("REDIS_BIN", redis)
            .env("CHROMIUM_BIN", browser)
            .env("SCHEMATHESIS_BIN", schemathesis),
    );
    Ok(())
}

/// The product on a kind cluster.
fn e2e(runner: &mut Runner<'_>) -> Result<()> {
    let root = &runner.workspace.root;
    let mut progress = runner.progress(platform::STEPS + 1)?;
    let platform = platform::prepare(runner.workspace, &mut progress)?;
    let cli = progress.step(CLI, |step| {
        cargo::build(root, CLI, &["--workspace"], |build| step.capture(build))
    })?;
    runner.check(
        "tests",
        integration_test(root, "e2e")
            .args(["--", "--test-threads=3"])
            // Every error says where it was on its way; a backtrace would push what it says out of sight.
            .env("RUST_LIB_BACKTRACE", "0")
            .env("KIND_BIN", &platform.cluster.kind)
            .env("KUBECTL_BIN", &platform.cluster.kubectl)
            .env("HELM_BIN", &platform.helm)
            .env("E2E_OPERATOR_IMAGE", &platform.operator_image)
            .env("E2E_SERVER_IMAGE", &platform.server_image)
            .env("E2E_POSTGRES_IMAGE", &platform.postgres_image)
            .env("E2E_CLI_BIN", cli),
    );
    println!("The cluster stays for the next run; `cargo xtask down` deletes it.");
    Ok(())
}

/// Licences, banned crates and sources of the dependencies.
fn deny(runner: &mut Runner<'_>) -> Result<()> {
    let root = &runner.workspace.root;
    let folder = runner.workspace.cache.join("cargo-deny");
    let program = folder.join("bin/cargo-deny");
    runner.prepare("cargo-deny", |step| {
        if program.exists() {
            return Ok(());
        }
        step.say("compiling it takes some minutes");
        step.run(
            cargo(root)
                .args(["install", "cargo-deny", "--locked", "--root"])
                .arg(&folder)
                .env_remove("CARGO_TARGET_DIR"),
        )
    })?;
    runner.check("licences, bans, sources", &mut deny_check(&program));
    Ok(())
}

/// Without the advisories: their database is a git repository, which not every machine reaches.
fn deny_check(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["check", "licenses", "bans", "sources"]);
    command
}

/// The test binary of the ring. Of the whole workspace, as all that the rings build: with features unified
/// over it, every dependency is compiled once.
fn integration_test(root: &Path, test: &str) -> Command {
    run_cargo(root, &["test", "--workspace", "--test", test])
}

fn run_cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = cargo(root);
    command.args(arguments);
    command
}
