//! `kubectl authbackend`: looks at AuthBackends, and acts on their migrations.
//!
//! It does nothing that `kubectl get`, `annotate`, `logs` and `port-forward` could not do: it needs the rights of whoever
//! calls it and no others, and the operator does not know of it.

mod approve;
pub mod args;
mod cluster;
mod completion;
mod connect;
mod list;
mod logs;
pub mod output;
mod overview;
mod plan;
pub mod problem;
mod reference;
mod retry;

use args::{Args, Command};
use cluster::Cluster;
use output::Screen;
use problem::Problem;

/// Name of the field manager of what is written.
const MANAGER: &str = "kubectl-authbackend";

/// Does what `args` ask for.
///
/// # Errors
/// It cannot be done; the error says why and what to do about it.
pub async fn run(args: Args, screen: &mut Screen<'_>) -> Result<(), Problem> {
    let scope = args.scope;
    let connect = async || Cluster::connect(&scope).await;
    match args.command {
        Command::Status(options) => match options.name {
            Some(name) => overview::run(&connect().await?, &name, options.output, screen).await,
            None => {
                list::run(
                    &connect().await?,
                    options.all_namespaces,
                    options.output,
                    screen,
                )
                .await
            }
        },
        Command::Plan(options) => plan::run(&connect().await?, &options, screen).await,
        Command::Approve(options) => approve::run(&connect().await?, &options, screen).await,
        Command::Retry(options) => retry::run(&connect().await?, &options.name, screen).await,
        Command::Logs(options) => Box::pin(logs::run(&connect().await?, &options, screen)).await,
        Command::Connect(options) => connect::run(&connect().await?, &options, screen).await,
        Command::Completion(options) => completion::script(options.shell, screen),
        Command::Complete(options) => completion::answer(&options.words, screen).await,
        Command::Reference => reference::print(screen),
    }
}
