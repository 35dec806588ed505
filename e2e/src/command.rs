//! Processes: found, run to their end, and quoted in full when they fail.

use std::env;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// A program that the tests use, as found by [`find`].
pub fn tool(name: &str) -> Result<Command> {
    Ok(Command::new(find(name)?))
}

/// Where a program is: the path in `<NAME>_BIN`, with `_` for `-`, else in `PATH`, else in `bin` of the cache that `cargo xtask` fills.
pub fn find(name: &str) -> Result<PathBuf> {
    if let Some(path) = env::var_os(format!("{}_BIN", name.to_uppercase().replace('-', "_"))) {
        return Ok(path.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(cache().map(|cache| cache.join("bin")))
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
        .with_context(|| format!("{name} is not installed; run: cargo xtask test"))
}

fn cache() -> Option<PathBuf> {
    env::var_os("AUTHBACKEND_CACHE")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache/authbackend")))
}

/// Root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A variable that `cargo xtask test <ring>` sets.
pub fn required(variable: &str, ring: &str) -> Result<String> {
    env::var(variable)
        .with_context(|| format!("{variable} is not set; run: cargo xtask test {ring}"))
}

/// Runs a command and returns what it printed. Fails with all that it said when it fails.
pub fn run(command: &mut Command) -> Result<String> {
    output_and_warnings(command).map(|(output, _)| output)
}

/// As [`run`]; returns what the command printed and what it warned of.
pub fn output_and_warnings(command: &mut Command) -> Result<(String, String)> {
    let output = output(command, None)?;
    if !output.status.success() {
        bail!("{}", describe(command, &output));
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(&output.stdout), text(&output.stderr)))
}

/// As [`run`], with `input` to read.
pub fn run_with_input(command: &mut Command, input: &str) -> Result<String> {
    let output = output(command, Some(input))?;
    if !output.status.success() {
        bail!("{}", describe(command, &output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command that must fail and returns what it complained about.
pub fn run_refused(command: &mut Command, input: Option<&str>) -> Result<String> {
    let output = output(command, input)?;
    if output.status.success() {
        bail!("should have failed: {}", describe(command, &output));
    }
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn output(command: &mut Command, input: Option<&str>) -> Result<Output> {
    let program = command.get_program().to_owned();
    let started = || format!("cannot run {}", program.display());
    command
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().with_context(started)?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).with_context(started)?;
    }
    child.wait_with_output().with_context(started)
}

fn describe(command: &Command, output: &Output) -> String {
    let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    format!(
        "{} {}: {}\n{}{}",
        command.get_program().display(),
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )
}
