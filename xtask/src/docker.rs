//! The Docker daemon and its images.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process;
use crate::progress::Step;
use crate::tools;
use crate::workspace::Workspace;

/// The official image that a managed database runs by default.
pub(crate) const POSTGRES: &str = "docker.io/library/postgres:17";

/// Carried by every image that is built here.
pub(crate) const LABEL: &str = "label=dev.authbackend.made-by=xtask";
/// How long a registry may take to answer.
const REGISTRY_LIMIT: Duration = Duration::from_secs(10);
/// How long a daemon may take to end its containers and itself.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// The `docker` client.
pub(crate) fn docker() -> Command {
    Command::new("docker")
}

/// Whether a daemon answers.
pub(crate) fn answers() -> bool {
    process::succeeds(docker().arg("info"))
}

/// Sees to it that a daemon answers.
pub(crate) fn ensure(workspace: &Workspace, step: &Step<'_>) -> Result<()> {
    if answers() {
        step.note("already running");
        return Ok(());
    }
    step.run(&mut tools::node_image_script(workspace, "docker-up.sh"))?;
    step.note("started");
    Ok(())
}

/// Whether images can be pulled: the registry of the official Postgres image knows it.
pub(crate) fn registry_answers() -> bool {
    process::succeeds_within(
        docker().args(["manifest", "inspect", POSTGRES]),
        REGISTRY_LIMIT,
    )
}

/// Whether the daemon has the image.
pub(crate) fn has_image(image: &str) -> bool {
    process::succeeds(docker().args(["image", "inspect", image]))
}

/// The images that were built here and whose name passes the filter.
pub(crate) fn images_made(wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let names = process::output(docker().args([
        "images",
        "--filter",
        LABEL,
        "--format",
        "{{.Repository}}:{{.Tag}}",
    ]))?;
    Ok(names
        .lines()
        .filter(|name| !name.contains("<none>") && wanted(name))
        .map(str::to_owned)
        .collect())
}

/// Ends the daemon that [`ensure`] started; whether there was one.
pub(crate) fn stop_started(workspace: &Workspace) -> Result<bool> {
    let record = workspace.cache.join("dockerd.pid");
    let Ok(pid) = fs::read_to_string(&record) else {
        return Ok(false);
    };
    let process = format!("/proc/{}", pid.trim());
    let is_dockerd =
        || fs::read_to_string(format!("{process}/comm")).is_ok_and(|name| name.trim() == "dockerd");
    let running = is_dockerd();
    if running {
        process::output(Command::new("kill").arg(pid.trim()))?;
        let pause = Duration::from_millis(100);
        let mut waited = Duration::ZERO;
        while is_dockerd() && waited < STOP_LIMIT {
            thread::sleep(pause);
            waited += pause;
        }
    }
    fs::remove_file(&record).with_context(|| format!("cannot remove {}", record.display()))?;
    Ok(running)
}
