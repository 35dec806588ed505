//! The operator, installed by Helm as users do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::cluster::{CONTEXT, kubectl};
use crate::command::{repository, run, tool};
use crate::crash::crash;
use crate::image;
use crate::schema;
use crate::wait::{Look, until};

/// Release and Deployment.
pub const RELEASE: &str = "authbackend-operator";
/// Its namespace.
pub const NAMESPACE: &str = "authbackend-system";
/// Label of its pods.
const SELECTOR: &str = "app.kubernetes.io/component=operator";

fn helm() -> Result<Command> {
    let mut helm = tool("helm")?;
    helm.args(["--kube-context", CONTEXT, "--namespace", NAMESPACE]);
    Ok(helm)
}

fn chart() -> PathBuf {
    repository().join("charts/authbackend-operator")
}

/// Installs the chart with the images under test, or upgrades it, with further `path=json` settings.
pub fn install(settings: &[&str]) -> Result<()> {
    install_chart(&chart(), settings)
}

/// As [`install`], with the chart packed as that of the release `version`: as users get it, and with other labels.
pub fn install_release(version: &str, settings: &[&str]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut helm = helm()?;
    helm.arg("package").arg(chart());
    helm.args(["--version", version, "--app-version", version]);
    run(helm.arg("--destination").arg(folder.path()))?;
    install_chart(
        &folder.path().join(format!("{RELEASE}-{version}.tgz")),
        settings,
    )
}

fn install_chart(chart: &Path, settings: &[&str]) -> Result<()> {
    let mut helm = helm()?;
    helm.args(["upgrade", "--install", RELEASE, "--create-namespace"])
        .arg(chart)
        .args(["--wait", "--timeout", "120s"]);
    for (value, image) in [
        ("image", image::operator()?),
        ("serverImage", image::server()?),
        ("postgresImage", image::postgres()?),
    ] {
        let (repository, tag) = image.rsplit_once(':').context("an image without tag")?;
        helm.args([
            "--set-string",
            &format!("{value}.repository={repository},{value}.tag={tag}"),
        ]);
    }
    for setting in settings {
        helm.args(["--set-json", setting]);
    }
    run(&mut helm)?;
    schema::wait_until_served()
}

/// Runs the chart's own test.
pub fn test() -> Result<String> {
    run(helm()?.args(["test", RELEASE, "--timeout", "60s"]))
}

/// Uninstalls the chart.
pub fn uninstall() -> Result<()> {
    run(helm()?.args(["uninstall", RELEASE, "--wait"])).map(drop)
}

/// Kills a pod of the operator at once, as a crash does: without a chance to finish or to release the lease.
pub fn kill(pod: &str) -> Result<()> {
    crash(NAMESPACE, &[pod])
}

/// Kills all pods of the operator, as [`kill`] does.
pub fn kill_all() -> Result<()> {
    crash(NAMESPACE, &["--selector", SELECTOR])
}

/// Waits until the operator is ready.
pub fn wait_ready() -> Result<()> {
    let deployment = format!("deployment/{RELEASE}");
    let mut kubectl = kubectl()?;
    kubectl.args(["--namespace", NAMESPACE, "rollout", "status", &deployment]);
    run(kubectl.arg("--timeout=60s")).map(drop)
}

/// The pod that leads, where one does.
pub fn leader() -> Result<Option<String>> {
    let mut kubectl = kubectl()?;
    kubectl.args([
        "--namespace",
        NAMESPACE,
        "get",
        "lease",
        RELEASE,
        "--ignore-not-found",
    ]);
    let holder = run(kubectl.arg("--output=jsonpath={.spec.holderIdentity}"))?;
    Ok((!holder.is_empty()).then_some(holder))
}

/// The log of the operator's pods.
pub fn log() -> Result<String> {
    let deployment = format!("deployment/{RELEASE}");
    run(kubectl()?.args(["--namespace", NAMESPACE, "logs", &deployment, "--tail=-1"]))
}

/// Waits until no operator runs.
pub fn wait_until_gone() -> Result<()> {
    until("end of the operator", Duration::from_mins(1), || {
        let pods =
            run(kubectl()?.args(["--namespace", NAMESPACE, "get", "pods", "--output=name"]))?;
        Ok(if pods.trim().is_empty() {
            Look::Done(())
        } else {
            Look::NotYet(pods)
        })
    })
}
