//! The operator's process: parses the command line and runs until a signal ends it.

use std::process::ExitCode;

use authbackend_operator::args::{Args, Command};
use authbackend_operator::metrics::Metrics;
use authbackend_operator::{health, run, telemetry};
use clap::Parser as _;

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
    if let Err(error) = telemetry::init(args.log_format, &args.log_level) {
        eprintln!("authbackend-operator: {error:#}");
        return ExitCode::from(2);
    }
    match run::until_signal(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "stopped");
            ExitCode::FAILURE
        }
    }
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
