//! Running cargo.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// What `cargo run` says of xtask to xtask. Build scripts (ring's, for one) run again when these
/// change, and with them all that depends on theirs: passed on, every build by hand would undo
/// those of xtask and the reverse.
const OF_XTASK: [&str; 4] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_CRATE_",
    "CARGO_BIN_",
];

/// Where a binary lies is told in JSON; errors stay readable.
const MESSAGES: &str = "--message-format=json-render-diagnostics";

/// The cargo that runs this task, in the repository's root.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.current_dir(root);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if OF_XTASK.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds a binary and returns its path. `run` runs cargo and returns its standard output.
pub(crate) fn build(
    root: &Path,
    binary: &str,
    options: &[&str],
    run: impl FnOnce(&mut Command) -> Result<String>,
) -> Result<PathBuf> {
    let mut build = cargo(root);
    build
        .args(["build", MESSAGES, "--bin", binary])
        .args(options);
    executable(&run(&mut build)?, binary).with_context(|| format!("cargo built no {binary}"))
}

/// As [`build`], of one package, with an option for the linker of the binary.
pub(crate) fn build_linked(
    root: &Path,
    binary: &str,
    options: &[&str],
    linker: &str,
    run: impl FnOnce(&mut Command) -> Result<String>,
) -> Result<PathBuf> {
    let mut build = cargo(root);
    build
        .args(["rustc", MESSAGES, "--bin", binary])
        .args(options)
        .args(["--", &format!("-Clink-arg={linker}")]);
    executable(&run(&mut build)?, binary).with_context(|| format!("cargo built no {binary}"))
}

/// The path in cargo's JSON messages of the binary that it built.
fn executable(messages: &str, binary: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == binary)
        .find_map(|message| Some(message["executable"].as_str()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_the_one_of_the_named_target() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"dep"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"server"},"executable":"/t/server"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(executable(messages, "server"), Some("/t/server".into()));
        assert_eq!(executable(messages, "dep"), None);
    }
}
