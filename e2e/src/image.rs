//! Images that only tests need, derived from the one under test.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cluster;
use crate::command::{required, run, tool};

/// The image of the auth server under test.
pub fn server() -> Result<String> {
    required("E2E_SERVER_IMAGE", "e2e")
}

/// The image of the operator under test.
pub fn operator() -> Result<String> {
    required("E2E_OPERATOR_IMAGE", "e2e")
}

/// The image of Postgres.
pub fn postgres() -> Result<String> {
    required("E2E_POSTGRES_IMAGE", "e2e")
}

/// The auth server with one more migration, called `name`, as the next release would have it.
pub fn server_with_migration(name: &str, sql: &str) -> Result<String> {
    server_with_migrations(&[(&format!("{name}.expand.sql"), sql)])
}

/// The auth server whose API cannot be served, and whose migrations are fine.
pub fn server_that_does_not_start() -> Result<String> {
    let context = tempfile::tempdir()?;
    let dockerfile = format!("FROM {}\nENV LISTEN_ADDR=nowhere\n", server()?);
    build("authbackend-server-e2e", context.path(), &dockerfile)
}

/// The auth server with these further files of migrations.
pub fn server_with_migrations(files: &[(&str, &str)]) -> Result<String> {
    let context = tempfile::tempdir()?;
    let migrations = context.path().join("migrations");
    fs::create_dir(&migrations)?;
    for (name, sql) in files {
        fs::write(migrations.join(name), sql)?;
    }
    let dockerfile = format!(
        "FROM {}\nCOPY migrations/ /migrations/\nENV AUTH_MIGRATIONS_DIR=/migrations\n",
        server()?
    );
    build("authbackend-server-e2e", context.path(), &dockerfile)
}

/// The load. It takes the shared libraries of the server's image.
pub fn load(binary: &Path) -> Result<String> {
    let context = tempfile::tempdir()?;
    fs::copy(binary, context.path().join("e2e-load"))
        .with_context(|| format!("cannot read {}", binary.display()))?;
    let dockerfile = format!(
        "FROM {}\nCOPY e2e-load /e2e-load\nENTRYPOINT [\"/e2e-load\"]\n",
        server()?
    );
    build("authbackend-e2e-load", context.path(), &dockerfile)
}

/// Builds an image and loads it into the cluster. Its tag is its content's.
fn build(repository: &str, context: &Path, dockerfile: &str) -> Result<String> {
    fs::write(context.join("Dockerfile"), dockerfile)?;
    let mut docker = Command::new("docker");
    // The classic builder: the other one does not know images that no registry has.
    docker
        .env("DOCKER_BUILDKIT", "0")
        .args(["build", "--quiet"])
        .arg(context);
    let id = run(&mut docker)?.trim().to_owned();
    let digest = id
        .trim_start_matches("sha256:")
        .get(..12)
        .context("docker named no image")?;
    let image = format!("{repository}:{digest}");
    run(Command::new("docker").args(["tag", &id, &image]))?;
    run(tool("kind")?.args(["load", "docker-image", "--name", cluster::NAME, &image]))?;
    Ok(image)
}
