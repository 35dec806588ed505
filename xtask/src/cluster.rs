//! The kind cluster of `kind-config.yaml`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::docker::docker;
use crate::process;
use crate::progress::Step;
use crate::workspace::Workspace;

/// The cluster's name in `kind-config.yaml`.
pub(crate) const NAME: &str = "authbackend";
/// The name of its entry in the kubeconfig.
pub(crate) const CONTEXT: &str = "kind-authbackend";

/// How long the API server of a started node may take to answer.
const START_LIMIT: Duration = Duration::from_secs(90);

/// The programs that make a cluster and talk to it.
pub(crate) struct Cluster {
    pub(crate) kind: PathBuf,
    pub(crate) kubectl: PathBuf,
}

impl Cluster {
    /// Sees to it that the cluster runs, of the node image named or else of kind's own.
    pub(crate) fn ensure(
        &self,
        workspace: &Workspace,
        image: Option<&str>,
        step: &Step<'_>,
    ) -> Result<()> {
        let config = workspace.root.join("kind-config.yaml");
        if self.exists()? {
            if !runs_image(image) {
                step.say("the node image is new: creating the cluster anew");
                self.delete(step)?;
            } else if self.nodes()?.len() != roles(&fs::read_to_string(&config)?) {
                step.say("kind-config.yaml has other nodes: creating the cluster anew");
                self.delete(step)?;
            }
        }
        if self.exists()? {
            self.start(step)?;
            step.note("already there");
            return Ok(());
        }
        let mut create = Command::new(&self.kind);
        create
            .args(["create", "cluster", "--wait", "180s", "--config"])
            .arg(config);
        if let Some(image) = image {
            create.args(["--image", image]);
        }
        step.run(&mut create)?;
        step.note(format!("created, context {CONTEXT}"));
        Ok(())
    }

    /// Whether kind knows the cluster.
    pub(crate) fn exists(&self) -> Result<bool> {
        Ok(self.all()?.iter().any(|name| name == NAME))
    }

    /// The names of all kind clusters of this Docker.
    pub(crate) fn all(&self) -> Result<Vec<String>> {
        let names = process::output(Command::new(&self.kind).args(["get", "clusters"]))?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// The names of the cluster's nodes.
    fn nodes(&self) -> Result<Vec<String>> {
        let names =
            process::output(Command::new(&self.kind).args(["get", "nodes", "--name", NAME]))?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Deletes the cluster with its volumes and its entry in the kubeconfig.
    pub(crate) fn delete(&self, step: &Step<'_>) -> Result<()> {
        step.run(Command::new(&self.kind).args(["delete", "cluster", "--name", NAME]))
    }

    /// Loads an image of Docker into the nodes that do not have it.
    pub(crate) fn load(&self, image: &str, step: &Step<'_>) -> Result<()> {
        step.run(Command::new(&self.kind).args(["load", "docker-image", "--name", NAME, image]))
    }

    /// kubectl on this cluster, whatever the current context is.
    pub(crate) fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.args(["--context", CONTEXT]);
        command
    }

    /// Starts the nodes, which a restart of the machine or of Docker may have stopped.
    fn start(&self, step: &Step<'_>) -> Result<()> {
        step.run(docker().arg("start").args(self.nodes()?))?;
        let ready = || {
            let mut wait = self.kubectl();
            wait.args([
                "wait",
                "--for=condition=Ready",
                "nodes",
                "--all",
                "--timeout=5s",
            ]);
            process::succeeds(&mut wait)
        };
        let start = Instant::now();
        while !ready() {
            if start.elapsed() > START_LIMIT {
                bail!(
                    "the cluster's nodes are not ready after {} s: `cargo xtask down` and `up` make \
                     it anew",
                    START_LIMIT.as_secs()
                );
            }
            thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }
}

/// The number of nodes in a configuration of kind.
fn roles(config: &str) -> usize {
    let lines = config.lines();
    lines
        .filter(|line| line.trim_start().starts_with("- role:"))
        .count()
}

/// Whether the cluster's node was made from the image; from any, where none is named.
fn runs_image(image: Option<&str>) -> bool {
    let node = format!("{NAME}-control-plane");
    let used = process::output(docker().args(["inspect", "-f", "{{.Config.Image}}", &node]));
    match (used, image) {
        (Ok(used), Some(image)) => used.trim() == image,
        (used, _) => used.is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_of_the_configuration_are_counted() {
        assert_eq!(roles(include_str!("../../kind-config.yaml")), 3);
    }
}
