//! Everything that has to be there before the chart can be installed: Docker, the tools, the cluster,
//! and the product's images in it. Each step does nothing where its work is done already.

use std::path::PathBuf;

use anyhow::Result;

use crate::cluster::Cluster;
use crate::docker;
use crate::images::{self, OPERATOR, SERVER};
use crate::progress::{Progress, Step};
use crate::tools::{self, HELM, KIND, KUBECTL};
use crate::workspace::Workspace;

/// Number of steps that [`prepare`] takes.
pub(crate) const STEPS: usize = 7;

/// A cluster that has the product's images.
pub(crate) struct Platform {
    pub(crate) cluster: Cluster,
    pub(crate) helm: PathBuf,
    pub(crate) operator_image: String,
    pub(crate) server_image: String,
    /// The image of a managed database.
    pub(crate) postgres_image: String,
}

/// Makes what is missing.
pub(crate) fn prepare(workspace: &Workspace, progress: &mut Progress) -> Result<Platform> {
    progress.step("Docker", |step| docker::ensure(workspace, step))?;
    let (cluster, helm) = progress.step("kind, kubectl, helm", |step| {
        let cluster = Cluster {
            kind: tools::find(&KIND, workspace, step)?,
            kubectl: tools::find(&KUBECTL, workspace, step)?,
        };
        Ok((cluster, tools::find(&HELM, workspace, step)?))
    })?;
    let registry = docker::registry_answers();
    let node = progress.step("node image", |step| {
        if registry {
            step.note("kind's own");
            return Ok(None);
        }
        node_image(workspace, step).map(Some)
    })?;
    progress.step("kind cluster", |step| {
        cluster.ensure(workspace, node.as_deref(), step)
    })?;
    let (operator, server) = progress.step("operator and server binaries", |step| {
        Ok((
            images::build_binary(&OPERATOR, step, &workspace.root)?,
            images::build_binary(&SERVER, step, &workspace.root)?,
        ))
    })?;
    let (operator_image, server_image, postgres_image) = progress.step("images", |step| {
        Ok((
            images::build_image(&OPERATOR, &operator, workspace, step)?,
            images::build_image(&SERVER, &server, workspace, step)?,
            postgres_image(registry, workspace, step)?,
        ))
    })?;
    progress.step("images into the cluster", |step| {
        cluster.load(&operator_image, step)?;
        cluster.load(&server_image, step)?;
        if registry {
            return Ok(());
        }
        cluster.load(&postgres_image, step)
    })?;
    Ok(Platform {
        cluster,
        helm,
        operator_image,
        server_image,
        postgres_image,
    })
}

/// The node image for hosts without a registry.
fn node_image(workspace: &Workspace, step: &Step<'_>) -> Result<String> {
    let build = || tools::node_image_script(workspace, "build.sh");
    let image = last_line(&step.capture(build().arg("--name"))?);
    if !docker::has_image(&image) {
        step.say("no container registry answers: the node image is built here");
        step.run(&mut build())?;
    }
    step.note(image.clone());
    Ok(image)
}

/// The official image where it can be pulled, by the node itself; else one with the same contract.
fn postgres_image(registry: bool, workspace: &Workspace, step: &Step<'_>) -> Result<String> {
    if registry {
        return Ok(docker::POSTGRES.to_owned());
    }
    let mut build = tools::script(workspace, "images/postgres/build.sh");
    let image = last_line(&step.capture(&mut build)?);
    step.note(format!(
        "{} cannot be pulled: Postgres is {image}",
        docker::POSTGRES
    ));
    Ok(image)
}

fn last_line(printed: &str) -> String {
    printed.lines().next_back().unwrap_or_default().to_owned()
}
