//! Where things are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cargo::cargo;
use crate::process;

/// The folders that the tasks work in.
pub(crate) struct Workspace {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// Built tools, kept over `down` and over `cargo clean`.
    pub(crate) cache: PathBuf,
}

impl Workspace {
    /// Asks cargo and the environment.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the repository's root")?
            .to_path_buf();
        let metadata =
            process::output(cargo(&root).args(["metadata", "--no-deps", "--format-version=1"]))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        let target = metadata["target_directory"]
            .as_str()
            .context("`cargo metadata` names no target folder")?
            .into();
        let cache = match env::var_os("AUTHBACKEND_CACHE") {
            Some(cache) => PathBuf::from(cache),
            None => env::home_dir()
                .context("no home folder: set AUTHBACKEND_CACHE to a folder for built tools")?
                .join(".cache/authbackend"),
        };
        Ok(Self {
            root,
            target,
            cache,
        })
    }

    /// The folder of the programs built here, made if missing.
    pub(crate) fn bin(&self) -> Result<PathBuf> {
        made(self.cache.join("bin"))
    }

    /// The folder for logs and what is staged on the way, made if missing.
    pub(crate) fn scratch(&self) -> Result<PathBuf> {
        made(self.target.join("xtask"))
    }
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
