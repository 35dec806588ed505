//! The command line: `serve`, `migrate`, `doctor`, `check-config`, `openapi`.

mod check_config;
mod doctor;
mod metrics;
mod migrate;
mod openapi;
mod serve;

use std::{io::Write as _, path::Path, process::ExitCode, sync::Arc};

use authbackend_otlp::Export;
use clap::{Parser, Subcommand};

use crate::config::{self, FileReader, Logging, Problem};

/// sysexits.h: something was found in an unconfigured or misconfigured state.
const EXIT_CONFIGURATION: u8 = 78;

/// The auth server: better-auth's HTTP API on Postgres.
#[derive(Debug, Parser)]
#[command(name = "auth-server", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until SIGTERM or SIGINT.
    Serve,
    /// Bring the database to the schema of this version.
    Migrate(migrate::Arguments),
    /// Say what the database is and what is wrong with it. Writes nothing.
    Doctor(doctor::Arguments),
    /// Check the settings file, unknown fields included.
    CheckConfig(check_config::Arguments),
    /// Print the OpenAPI document of the API.
    Openapi,
    /// Print every metric with an example.
    #[command(hide = true)]
    Metrics,
}

/// Looks up an environment variable.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Runs the command that the process was started with.
pub async fn main() -> ExitCode {
    let variable = config::process_variable;
    let reader: FileReader = Arc::new(|path: &Path| std::fs::read_to_string(path));
    ExitCode::from(match Cli::parse().command {
        Command::Serve => serve::run(&variable, reader).await,
        Command::Migrate(arguments) => migrate::run(&arguments, &variable, reader).await,
        Command::Doctor(arguments) => doctor::run(&arguments, &variable, reader).await,
        Command::Openapi => openapi::run(),
        Command::Metrics => metrics::run(),
        Command::CheckConfig(arguments) => check_config::run(&arguments, &variable, &reader),
    })
}

/// Starts logging as the environment says, and hands traces to `export`.
fn start_logging(
    variable: Variable<'_>,
    reader: FileReader,
    export: Option<&Export>,
) -> Result<(), Vec<Problem>> {
    let logging = Logging::load(variable, reader)?;
    crate::telemetry::start(&logging, export).map_err(|problem| vec![problem])
}

/// What `load` makes of the environment, with logging started. Problems of both are told together.
fn begin<T>(
    variable: Variable<'_>,
    reader: FileReader,
    load: impl FnOnce(Variable<'_>, FileReader) -> Result<T, Vec<Problem>>,
) -> Result<T, Vec<Problem>> {
    let config = load(variable, FileReader::clone(&reader));
    both(config, start_logging(variable, reader, None))
}

/// What was loaded, once logging has started.
fn both<T>(
    config: Result<T, Vec<Problem>>,
    logging: Result<(), Vec<Problem>>,
) -> Result<T, Vec<Problem>> {
    match (config, logging) {
        (Ok(config), Ok(())) => Ok(config),
        (config, logging) => {
            let mut problems = config.err().unwrap_or_default();
            problems.extend(logging.err().unwrap_or_default());
            Err(problems)
        }
    }
}

/// Tells each problem in one line on standard error.
fn tell(problems: &[Problem]) -> u8 {
    for problem in problems {
        tell_error(problem);
    }
    EXIT_CONFIGURATION
}

/// Tells why the process ends, in one line on standard error. Nobody is left to tell when that is closed.
fn tell_error(error: &dyn std::fmt::Display) {
    drop(writeln!(std::io::stderr(), "auth-server: {error}"));
}

/// Writes a line of output. A reader that left does not want it.
fn print(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
