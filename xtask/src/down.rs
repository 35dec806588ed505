//! `cargo xtask down`: removes what `up` and `test` made.

use std::fs;

use anyhow::Result;

use crate::cluster::Cluster;
use crate::docker::{self, docker};
use crate::process;
use crate::progress::{Progress, Step};
use crate::tools::{self, KIND, KUBECTL};
use crate::workspace::Workspace;

/// How much is removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Extent {
    /// What runs, and what is of no more use; not what took long to build.
    KeepCaches,
    /// The built tools, node image and database image too.
    Everything,
}

/// Images that take minutes to build and depend on no code of the product.
const CACHED: [&str; 3] = [
    "authbackend-node:",
    "authbackend-node-base:",
    "authbackend-postgres:",
];

/// Runs the task.
pub(crate) fn run(workspace: &Workspace, extent: Extent) -> Result<()> {
    let log = workspace.scratch()?.join("down.log");
    let mut progress = Progress::new(3, log)?;
    let running = docker::answers();
    progress.step("kind cluster", |step| {
        if running {
            delete_cluster(workspace, step)
        } else {
            step.note("no Docker daemon answers, so nothing runs");
            Ok(())
        }
    })?;
    progress.step("images", |step| {
        if running {
            remove_images(extent, step)
        } else {
            Ok(())
        }
    })?;
    progress.step("Docker", |step| {
        let stopped = docker::stop_started(workspace)?;
        step.note(if stopped {
            "stopped the daemon that `up` started"
        } else {
            "left as it is"
        });
        Ok(())
    })?;
    match extent {
        Extent::KeepCaches => println!(
            "\nKept for a quick next `up`: {}, {} and the node and database images.\n\
             `cargo xtask down --all` removes these as well, except cargo's target folder.",
            workspace.cache.display(),
            workspace.target.display()
        ),
        Extent::Everything => {
            for folder in ["bin", "node"] {
                let folder = workspace.cache.join(folder);
                if folder.exists() {
                    fs::remove_dir_all(folder)?;
                }
            }
            println!(
                "\nLeft: {} (`cargo clean`) and Go's caches (`go clean -cache -modcache`).",
                workspace.target.display()
            );
        }
    }
    Ok(())
}

fn delete_cluster(workspace: &Workspace, step: &Step<'_>) -> Result<()> {
    let cluster = Cluster {
        kind: tools::find(&KIND, workspace, step)?,
        kubectl: tools::find(&KUBECTL, workspace, step)?,
    };
    if !cluster.exists()? {
        step.note("there is none");
        return Ok(());
    }
    cluster.delete(step)?;
    // kind leaves its Docker network behind.
    if cluster.all()?.is_empty() {
        step.run(docker().args(["network", "rm", "kind"]))?;
    }
    step.note("deleted");
    Ok(())
}

fn remove_images(extent: Extent, step: &Step<'_>) -> Result<()> {
    let images = docker::images_made(|name| {
        extent == Extent::Everything || !CACHED.iter().any(|cached| name.starts_with(cached))
    })?;
    if !images.is_empty() {
        process::output(docker().arg("rmi").args(&images))?;
    }
    // What was built on the way to them, and has no name.
    process::output(docker().args(["image", "prune", "--force", "--filter", docker::LABEL]))?;
    step.note(format!("{} removed", images.len()));
    Ok(())
}
