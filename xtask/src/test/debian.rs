//! Programs that tests need and that Debian and Ubuntu have as packages.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress::Step;
use crate::tools;

/// Chromium and the browsers made of it.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Installs a package. Where this process may not, the error names `needed`, which it is for.
pub(super) fn install(step: &Step<'_>, package: &str, needed: &str) -> Result<()> {
    let root = id(&["-u"]).is_ok_and(|id| id == 0);
    if !root || tools::on_path("apt-get").is_none() {
        bail!("{needed} is needed for the tests: install it, for example the package {package}");
    }
    step.say(&format!("installing Debian's {package}"));
    step.run(Command::new("apt-get").args(["update", "-qq"]))?;
    step.run(
        Command::new("apt-get")
            .args(["install", "-qqy", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// The browser that drives the frontends; on Debian as root it is installed if missing.
pub(super) fn chromium(step: &Step<'_>) -> Result<PathBuf> {
    let installed = || BROWSERS.into_iter().find_map(tools::on_path);
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    install(step, "chromium", "Chromium")?;
    installed().context("the package chromium brought no browser")
}

/// The program that tries alerts; on Debian as root it is installed if missing.
pub(super) fn promtool(step: &Step<'_>) -> Result<PathBuf> {
    if let Some(program) = tools::on_path("promtool") {
        return Ok(program);
    }
    install(step, "prometheus", "promtool")?;
    tools::on_path("promtool").context("the package prometheus brought no promtool")
}

/// What `id` prints: the number of a user or a group.
pub(super) fn id(arguments: &[&str]) -> Result<u32> {
    Ok(process::output(Command::new("id").args(arguments))?
        .trim()
        .parse()?)
}
