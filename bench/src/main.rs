//! Benchmarks: each figure beside a peer and a limit that were measured in the same run. Started by `cargo xtask bench`.

mod growth;
mod instructions;
mod operator;
mod plot;
mod process;
mod profile;
mod report;
mod server;
mod simulate;
mod statistics;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "authbackend-bench", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The operator on a real API server: rate, latency, memory, and what it does at rest.
    Operator(operator::Arguments),
    /// The auth server beside better-auth and bare servers: rates, latency, memory, start.
    Server(server::Arguments),
    /// The auth server with a thousand to ten million users: latency, bytes, and what clean-up does to others.
    Growth(growth::Arguments),
    /// Instructions that the auth server takes for a request, beside those of before.
    Instructions(instructions::Arguments),
    /// Flame graphs of the auth server under load.
    Profile(profile::Arguments),
    /// What a service of several servers bears, simulated.
    Simulate(simulate::Arguments),
    /// A bare server, as a limit for the others.
    #[command(hide = true)]
    Peer(server::peer::Arguments),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Operator(arguments) => operator::run(&arguments).await,
        Command::Server(arguments) => server::run(&arguments).await,
        Command::Growth(arguments) => growth::run(&arguments).await,
        Command::Instructions(arguments) => instructions::run(&arguments).await,
        Command::Profile(arguments) => profile::run(&arguments).await,
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Peer(arguments) => server::peer::run(arguments).await,
    }
}
