//! `cargo xtask up`: from a fresh clone to a signed-up user.

use std::process::Command;

use anyhow::{Context, Result};

use crate::cluster::CONTEXT;
use crate::platform::{self, Platform};
use crate::process;
use crate::progress::{Progress, Step};
use crate::tools;
use crate::tour::{self, Account};
use crate::workspace::Workspace;

/// The namespace of the operator.
const NAMESPACE: &str = "authbackend-system";
/// The sample's name in `examples/authbackend.yaml`.
const SAMPLE: &str = "authbackend/shop";

/// Runs the task.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let log = workspace.scratch()?.join("up.log");
    let mut progress = Progress::new(platform::STEPS + 3, log)?;
    let platform = platform::prepare(workspace, &mut progress)?;
    progress.step("Helm chart", |step| install(workspace, &platform, step))?;
    progress.step("AuthBackend shop", |step| {
        apply_sample(workspace, &platform, step)
    })?;
    let account = progress.step("sign up, sign in, session", |step| {
        let account = tour::take(tour::BASE_URL)?;
        step.note(format!("as {}", account.email));
        Ok(account)
    })?;
    let table = process::output(
        platform
            .cluster
            .kubectl()
            .args(["get", "authbackends", "-A"]),
    )?;
    println!("\n{table}");
    print_next(workspace, &account);
    println!("\nFull log: {}", progress.log_path().display());
    Ok(())
}

fn install(workspace: &Workspace, platform: &Platform, step: &Step<'_>) -> Result<()> {
    let mut values = Vec::new();
    for (value, image) in [
        ("image", &platform.operator_image),
        ("serverImage", &platform.server_image),
        ("postgresImage", &platform.postgres_image),
    ] {
        let (repository, tag) = image.rsplit_once(':').unwrap_or((image, ""));
        values.push(format!("{value}.repository={repository},{value}.tag={tag}"));
    }
    step.run(
        Command::new(&platform.helm)
            .args(["upgrade", "--install", "authbackend-operator"])
            .arg(workspace.root.join("charts/authbackend-operator"))
            .args([
                "--kube-context",
                CONTEXT,
                "--namespace",
                NAMESPACE,
                "--create-namespace",
            ])
            .args(["--set-string", &values.join(",")])
            .args(["--wait", "--timeout", "180s"]),
    )
}

/// Applies the sample and waits until it runs the image of this build and is ready.
fn apply_sample(workspace: &Workspace, platform: &Platform, step: &Step<'_>) -> Result<()> {
    let kubectl = || platform.cluster.kubectl();
    let sample = workspace.root.join("examples/authbackend.yaml");
    step.run(kubectl().args(["apply", "--filename"]).arg(sample))?;
    let image = format!(
        "--for=jsonpath={{.status.current.image}}={}",
        platform.server_image
    );
    for condition in [image.as_str(), "--for=condition=Ready"] {
        step.run(kubectl().args(["wait", SAMPLE, condition, "--timeout=240s"]))
            .inspect_err(|_| explain(platform, step))
            .context("the AuthBackend shop did not become ready")?;
    }
    Ok(())
}

/// Puts into the log what tells why the sample is not ready.
fn explain(platform: &Platform, step: &Step<'_>) {
    for arguments in [
        &["get", "pods", "--all-namespaces"][..],
        &["get", SAMPLE, "--output=jsonpath={.status}"][..],
    ] {
        // The failure that this explains is the one to report.
        let _ = step.run(platform.cluster.kubectl().args(arguments));
    }
}

fn print_next(workspace: &Workspace, account: &Account) {
    println!("What to try next:");
    if tools::on_path("kubectl").is_none() {
        println!("  export PATH={}/bin:$PATH", workspace.cache.display());
    }
    println!("  kubectl get authbackend shop -o yaml");
    println!("  kubectl get all -l app.kubernetes.io/instance=shop");
    println!(
        "  kubectl logs -l app.kubernetes.io/instance=shop,app.kubernetes.io/component=server"
    );
    println!(
        "  curl {}/sign-in/email -H 'content-type: application/json' \\\n    -d '{}'",
        tour::BASE_URL,
        account.as_json()
    );
    println!("  cargo xtask up      # after a change: builds, loads and rolls out what differs");
    println!("  cargo xtask down");
}
