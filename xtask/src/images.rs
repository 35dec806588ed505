//! The product's images: release binaries on an otherwise empty file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::cargo;
use crate::docker::{docker, has_image};
use crate::process;
use crate::progress::{Progress, Step};
use crate::workspace::Workspace;

/// A binary that goes into an image.
pub(crate) struct Product {
    /// Its package and its binary, which share a name.
    pub(crate) binary: &'static str,
    /// Its stage in `images/Dockerfile`.
    stage: &'static str,
    /// Its image's name on this machine.
    repository: &'static str,
}

/// The operator.
pub(crate) const OPERATOR: Product = Product {
    binary: "authbackend-operator",
    stage: "operator",
    repository: "authbackend-operator",
};

/// The auth server.
pub(crate) const SERVER: Product = Product {
    binary: "auth-server",
    stage: "server",
    repository: "authbackend-server",
};

/// Where the CA certificates lie in the images, and on Debian, Ubuntu, Alpine and Arch.
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";
/// Where Fedora and its relatives keep them.
const FEDORA_CERTIFICATES: &str = "/etc/pki/tls/certs/ca-bundle.crt";

/// Addresses that are corrected when the program is loaded, as a bitmap: 0.3 MB less. glibc reads it since 2.36, and the image
/// holds the one that the program was linked to.
const RELOCATIONS: &str = "-Wl,-z,pack-relative-relocs";

/// Builds the release binary and returns its path.
///
/// Each in its own run of cargo: built together, the server would get the features of shared crates
/// that only the operator asks for.
pub(crate) fn build_binary(product: &Product, step: &Step<'_>, root: &Path) -> Result<PathBuf> {
    require_linux()?;
    let options = ["--profile", "release", "--package", product.binary];
    cargo::build(root, product.binary, &options, |build| step.capture(build))
}

/// Builds the images that are published, and prints the name of each: `operator=…` and `server=…`.
pub(crate) fn publishable(workspace: &Workspace) -> Result<()> {
    let log = workspace.scratch()?.join("images.log");
    let mut progress = Progress::new(2, log)?;
    let mut lines = Vec::new();
    for product in [&OPERATOR, &SERVER] {
        let image = progress.step(product.repository, |step| {
            let binary = build_published(product, step, &workspace.root)?;
            build_image(product, &binary, workspace, step)
        })?;
        lines.push(format!("{}={image}", product.stage));
    }
    println!("{}", lines.join("\n"));
    Ok(())
}

fn build_published(product: &Product, step: &Step<'_>, root: &Path) -> Result<PathBuf> {
    require_linux()?;
    let options = ["--profile", "dist", "--package", product.binary];
    cargo::build_linked(root, product.binary, &options, RELOCATIONS, |build| {
        step.capture(build)
    })
}

fn require_linux() -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!(
            "the images are made from binaries for Linux: run this on Linux, in WSL or in a \
             virtual machine"
        );
    }
    Ok(())
}

/// Builds the image of a binary, unless this very binary is in one already, and returns its name.
pub(crate) fn build_image(
    product: &Product,
    binary: &Path,
    workspace: &Workspace,
    step: &Step<'_>,
) -> Result<String> {
    let content = fs::read(binary).with_context(|| format!("cannot read {}", binary.display()))?;
    let image = format!("{}:{}", product.repository, short_digest(&content));
    if has_image(&image) {
        return Ok(image);
    }
    let context = workspace.scratch()?.join("images").join(product.stage);
    if context.exists() {
        fs::remove_dir_all(&context)?;
    }
    stage(product, binary, &context.join("root"))?;
    step.run(
        docker()
            .args([
                "build",
                "--target",
                product.stage,
                "--tag",
                &image,
                "--file",
            ])
            .arg(workspace.root.join("images/Dockerfile"))
            .arg(&context),
    )?;
    Ok(image)
}

/// Lays the image's file system out.
fn stage(product: &Product, binary: &Path, root: &Path) -> Result<()> {
    copy(binary, &root.join("usr/local/bin").join(product.binary))?;
    let linked = process::output(Command::new("ldd").arg(binary))?;
    for library in libraries(&linked) {
        copy(
            Path::new(library),
            &root.join(library.trim_start_matches('/')),
        )?;
    }
    let certificates = [format!("/{CERTIFICATES}"), FEDORA_CERTIFICATES.to_owned()];
    let certificates = certificates
        .iter()
        .map(Path::new)
        .find(|path| path.exists())
        .context("no CA certificates on this machine: install the package ca-certificates")?;
    copy(certificates, &root.join(CERTIFICATES))?;
    fs::write(
        root.join("etc/passwd"),
        "nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n",
    )?;
    fs::write(root.join("etc/group"), "nonroot:x:65532:\n")?;
    // Without it glibc asks the DNS before /etc/hosts.
    fs::write(root.join("etc/nsswitch.conf"), "hosts: files dns\n")?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// The paths in what `ldd` prints, the loader's own among them.
fn libraries(printed: &str) -> Vec<&str> {
    printed
        .lines()
        .filter_map(|line| {
            let path = line.split_once("=>").map_or(line, |(_, path)| path);
            let path = path.split_whitespace().next()?;
            path.starts_with('/').then_some(path)
        })
        .collect()
}

/// Twelve hex digits of the SHA-256.
fn short_digest(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let start = digest
        .iter()
        .take(6)
        .fold(0, |start, &byte| start << 8 | u64::from(byte));
    format!("{start:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_the_paths_that_ldd_prints() {
        let printed = "\tlinux-vdso.so.1 (0x00007ffd)\n\
             \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f31)\n\
             \t/lib64/ld-linux-x86-64.so.2 (0x00007f32)\n";
        assert_eq!(
            libraries(printed),
            [
                "/lib/x86_64-linux-gnu/libc.so.6",
                "/lib64/ld-linux-x86-64.so.2"
            ]
        );
    }

    #[test]
    fn a_static_binary_has_no_libraries() {
        assert!(libraries("\tstatically linked\n").is_empty());
    }

    #[test]
    fn the_tag_is_the_start_of_the_sha256() {
        assert_eq!(short_digest(b"abc"), "ba7816bf8f01");
    }
}
