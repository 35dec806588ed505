//! The programs that the tasks need: found on the PATH, else built from their Go modules.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process;
use crate::progress::Step;
use crate::workspace::Workspace;

/// A program that the tasks need.
pub(crate) struct Tool {
    name: &'static str,
    purpose: &'static str,
    /// Oldest major and minor version that serves.
    oldest: (u32, u32),
    /// Arguments that make it print its version.
    version: &'static [&'static str],
    /// What `e2e/node-image/tools.sh` calls the program to build.
    build: &'static str,
}

/// Creates the cluster. The version that `e2e/node-image/tools/go.mod` pins.
pub(crate) const KIND: Tool = Tool {
    name: "kind",
    purpose: "create the cluster",
    oldest: (0, 33),
    version: &["version"],
    build: "kind",
};

/// Talks to the cluster. Kubernetes supports one minor version of skew to the server.
pub(crate) const KUBECTL: Tool = Tool {
    name: "kubectl",
    purpose: "talk to the cluster",
    oldest: (1, 36),
    version: &["version", "--client"],
    build: "kubenode",
};

/// Installs the chart.
pub(crate) const HELM: Tool = Tool {
    name: "helm",
    purpose: "install the chart",
    oldest: (3, 14),
    version: &["version", "--short"],
    build: "helm",
};

/// Returns the path of a tool that is new enough, and builds it where none is found.
pub(crate) fn find(tool: &Tool, workspace: &Workspace, step: &Step<'_>) -> Result<PathBuf> {
    if let Some(path) = on_path(tool.name) {
        let printed = process::output(Command::new(&path).args(tool.version)).unwrap_or_default();
        if parse_version(&printed).is_some_and(|version| version >= tool.oldest) {
            return Ok(path);
        }
    }
    let (major, minor) = tool.oldest;
    if on_path("go").is_none() {
        bail!(
            "{} {major}.{minor} or newer is needed to {}: install it, or install Go 1.26 or newer \
             to have it built",
            tool.name,
            tool.purpose
        );
    }
    build(tool.build, workspace, step)?;
    Ok(workspace.bin()?.join(tool.name))
}

/// Builds kube-apiserver and etcd and returns the folder that holds them.
pub(crate) fn api_server(workspace: &Workspace, step: &Step<'_>) -> Result<PathBuf> {
    build("kubenode", workspace, step)?;
    workspace.bin()
}

/// A program that is its own main module: what it replaces counts only there.
struct Main {
    /// What it is called in messages and in the folder of programs, with its version.
    name: &'static str,
    module: &'static str,
    /// The package in it.
    package: &'static str,
}

/// Ory Kratos, an auth server to compare with.
const KRATOS: Main = Main {
    name: "kratos-1.3.1",
    module: "github.com/ory/kratos@v1.3.1",
    package: ".",
};

/// The operator framework's own judge of bundles.
const OPERATOR_VERIFY: Main = Main {
    name: "operator-verify-0.45.0",
    module: "github.com/operator-framework/api@v0.45.0",
    package: "./cmd/operator-verify",
};

/// Builds Ory Kratos.
pub(crate) fn kratos(workspace: &Workspace, step: &Step<'_>) -> Result<PathBuf> {
    build_main(&KRATOS, workspace, step)
}

/// Builds `operator-verify`.
pub(crate) fn operator_verify(workspace: &Workspace, step: &Step<'_>) -> Result<PathBuf> {
    build_main(&OPERATOR_VERIFY, workspace, step)
}

fn build_main(main: &Main, workspace: &Workspace, step: &Step<'_>) -> Result<PathBuf> {
    let program = workspace.bin()?.join(main.name);
    if program.exists() {
        return Ok(program);
    }
    let mut download = Command::new("go");
    download.args(["mod", "download", "-json", main.module]);
    let downloaded = process::output(&mut download)
        .with_context(|| format!("Go 1.26 or newer is needed to build {}", main.name))?;
    let downloaded: Value = serde_json::from_str(&downloaded)?;
    let sources = downloaded["Dir"]
        .as_str()
        .with_context(|| format!("go has no sources of {}", main.module))?;
    step.say("compiling it takes some minutes");
    step.run(
        Command::new("go")
            .args(["build", "-C", sources, "-o"])
            .arg(&program)
            .arg(main.package),
    )?;
    Ok(program)
}

fn build(name: &str, workspace: &Workspace, step: &Step<'_>) -> Result<()> {
    step.run(node_image_script(workspace, "tools.sh").arg(name))
}

/// A script of `e2e/node-image`.
pub(crate) fn node_image_script(workspace: &Workspace, name: &str) -> Command {
    script(workspace, &format!("e2e/node-image/{name}"))
}

/// A script of the repository.
pub(crate) fn script(workspace: &Workspace, path: &str) -> Command {
    let mut command = Command::new(workspace.root.join(path));
    command.env("AUTHBACKEND_CACHE", &workspace.cache);
    command
}

/// The first program of that name on the PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// The first `MAJOR.MINOR` in what a program prints of its version.
fn parse_version(printed: &str) -> Option<(u32, u32)> {
    printed
        .split(|character: char| !character.is_ascii_digit() && character != '.')
        .find_map(|word| {
            let mut numbers = word.split('.');
            let major = numbers.next()?.parse().ok()?;
            let minor = numbers.next()?.parse().ok()?;
            Some((major, minor))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_each_tool_prints() {
        let printed = [
            ("kind v0.33.0 go1.26.8 linux/amd64", (0, 33)),
            (
                "Client Version: v1.37.2\nKustomize Version: v5.8.0",
                (1, 37),
            ),
            ("v4.3.1+g0123456", (4, 3)),
        ];
        for (printed, version) in printed {
            assert_eq!(parse_version(printed), Some(version), "{printed}");
        }
    }

    #[test]
    fn a_word_without_a_version_has_none() {
        assert_eq!(parse_version("command not found"), None);
    }
}
