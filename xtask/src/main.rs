//! Development tasks: `cargo xtask help`.

mod bench;
mod cargo;
mod cluster;
mod docker;
mod down;
mod generate;
mod images;
mod platform;
mod process;
mod progress;
mod test;
mod tidy;
mod tools;
mod tour;
mod up;
mod workspace;

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use workspace::Workspace;

const HELP: &str = "\
Usage: cargo xtask COMMAND

  up                 a kind cluster with the operator and a sample AuthBackend, then sign a user up
  down [--all]       remove what `up` made; with --all, the build caches too
  test [RING...]     all tests, or those of the rings named:
                     unit chart server operator conformance e2e deny
  bench server       measure the auth server beside better-auth and bare servers
  bench growth       measure the auth server with a thousand to ten million users
  bench instructions count what requests to the auth server take, beside bench/baseline.json; needs valgrind
  bench profile      flame graphs of the auth server under load; needs perf
  bench simulate     what several servers bear, from what their parts cost
  bench operator     measure the operator on a real API server
  generate [--check] write the files derived from the types in crds/; or fail where one is stale
  images             the images that are published, for this machine's kind of processor
  tidy               check the rules of the source tree that no compiler checks

Built tools are kept in $AUTHBACKEND_CACHE, by default ~/.cache/authbackend.";

/// Exit code of a wrong command line, as clap's.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(&arguments).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &[&str]) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match arguments {
        ["up"] => up::run(&workspace)?,
        ["down"] => down::run(&workspace, down::Extent::KeepCaches)?,
        ["down", "--all"] => down::run(&workspace, down::Extent::Everything)?,
        ["test", rings @ ..] => return test::run(&workspace, rings),
        ["bench", "server", options @ ..] => return bench::server(&workspace, options),
        ["bench", "growth", options @ ..] => return bench::growth(&workspace, options),
        ["bench", "instructions", options @ ..] => return bench::instructions(&workspace, options),
        ["bench", "profile", options @ ..] => return bench::profile(&workspace, options),
        ["bench", "simulate", options @ ..] => return bench::simulate(&workspace, options),
        ["bench", "operator", options @ ..] => return bench::operator(&workspace, options),
        ["generate"] => generate::write(&workspace)?,
        ["generate", "--check"] => generate::check(&workspace)?,
        ["images"] => images::publishable(&workspace)?,
        ["tidy"] => tidy::run(&workspace)?,
        ["help" | "--help" | "-h"] => println!("{HELP}"),
        _ => {
            eprintln!("{HELP}");
            return Ok(ExitCode::from(USAGE));
        }
    }
    Ok(ExitCode::SUCCESS)
}
