//! The operator's process: parses the command line and runs until a signal ends it.

use std::process::ExitCode;
use std::time::Duration;

use authbackend_operator::args::{Args, Command, RunArgs};
use authbackend_operator::metrics::Metrics;
use authbackend_operator::{config, health, run, telemetry};
use authbackend_otlp::{Export, Problem};
use clap::Parser as _;
use tokio::runtime::Handle;

/// How long the last traces may take; the pod's grace period leaves ten seconds after the reconciles.
const EXPORT_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> ExitCode {
    // First of all: rustls chooses no provider by itself once two are linked, and a provider cannot be replaced.
    // A provider that is already installed is a fine one too, hence the ignored result.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args = match Args::parse().command {
        Command::Run(args) => args,
        Command::Check(args) => return check(&args.address).await,
        Command::Metrics => {
            print!("{}", Metrics::example().encode());
            return ExitCode::SUCCESS;
        }
    };
    let export = match begin(&args) {
        Ok(export) => export,
        Err(problems) => {
            for problem in problems {
                eprintln!("authbackend-operator: {problem}");
            }
            return ExitCode::from(2);
        }
    };
    let result = run::until_signal(*args).await;
    if let Some(export) = export {
        export.finish(EXPORT_LIMIT).await;
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "stopped");
            ExitCode::FAILURE
        }
    }
}

/// Starts logging and tracing; the error is all that keeps it from that, each in one line.
fn begin(args: &RunArgs) -> Result<Option<Export>, Vec<String>> {
    let one = |problem: Problem| vec![problem.to_string()];
    let settings = config::tracing()
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let export = settings.map(|settings| Export::start(&settings, Handle::current()));
    let export = export.transpose().map_err(one)?;
    telemetry::init(args.log_format, &args.log_level, export.as_ref())
        .map_err(|error| vec![format!("{error:#}")])?;
    Ok(export)
}

async fn check(address: &str) -> ExitCode {
    match health::ask(address).await {
        Ok(()) => {
            println!("{address} is ready");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("authbackend-operator: {address}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
