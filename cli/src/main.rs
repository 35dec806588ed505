//! `kubectl-authbackend`, which kubectl runs as `kubectl authbackend`.

use std::io;
use std::process::ExitCode;

use authbackend_cli::args::Args;
use authbackend_cli::output::Screen;
use authbackend_cli::problem::Problem;
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    // First of all: rustls chooses no provider by itself once two are linked. One that is installed already is fine too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args = Args::parse();
    match authbackend_cli::run(args, &mut Screen::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as `head` does.
        Err(Problem::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}
