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

/// The pooler that tests put in front of Postgres; on Debian as root it is installed if missing. Debian's is not always
/// on the path of those who are not root.
pub(super) fn pgbouncer(step: &Step<'_>) -> Result<PathBuf> {
    let installed = || {
        let elsewhere = PathBuf::from("/usr/sbin/pgbouncer");
        tools::on_path("pgbouncer").or(elsewhere.is_file().then_some(elsewhere))
    };
    if let Some(program) = installed() {
        return Ok(program);
    }
    install(step, "pgbouncer", "PgBouncer")?;
    installed().context("the package pgbouncer brought no pgbouncer")
}

/// The secondary storage of tests, a Redis or the Valkey that some systems have in its place; on Debian as root it is
/// installed if missing.
pub(super) fn redis(step: &Step<'_>) -> Result<PathBuf> {
    let installed = || {
        ["redis-server", "valkey-server"]
            .into_iter()
            .find_map(tools::on_path)
    };
    if let Some(program) = installed() {
        return Ok(program);
    }
    install(step, "redis-server", "Redis")?;
    installed().context("the package redis-server brought no redis-server")
}

/// What `id` prints: the number of a user or a group.
pub(super) fn id(arguments: &[&str]) -> Result<u32> {
    Ok(process::output(Command::new("id").args(arguments))?
        .trim()
        .parse()?)
}
