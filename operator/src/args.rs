//! The command line; each option can also be given by the environment.

use std::net::SocketAddr;

use clap::{Parser, Subcommand, ValueEnum};

/// Operator for `AuthBackend` resources.
#[derive(Debug, Parser)]
#[command(name = "authbackend-operator", version, about)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reconcile until SIGTERM or SIGINT.
    Run(Box<RunArgs>),
    /// Ask an operator whether it is ready, as `helm test` does.
    Check(CheckArgs),
    /// Print every metric with an example.
    #[command(hide = true)]
    Metrics,
}

/// Options of `check`.
#[derive(clap::Args, Clone, Debug)]
pub struct CheckArgs {
    /// Host and port of the operator's admin port.
    pub address: String,
}

/// Options of `run`.
#[derive(clap::Args, Clone, Debug)]
pub struct RunArgs {
    /// Image of the auth server for resources that name none.
    #[arg(long, env = "SERVER_IMAGE", value_parser = image)]
    pub server_image: String,

    /// Image of managed databases.
    #[arg(long, env = "POSTGRES_IMAGE", value_parser = image)]
    pub postgres_image: String,

    /// Names of the Secrets with which every produced pod pulls its images, separated by commas.
    #[arg(long, env = "IMAGE_PULL_SECRETS", default_value = "")]
    pub image_pull_secrets: String,

    /// Whether user, group and `fsGroup` of produced pods are left to the cluster, which assigns them and refuses pods that name
    /// their own, as `OpenShift` does.
    #[arg(long, env = "ASSIGNED_USER_IDS", default_value_t = false, action = clap::ArgAction::Set)]
    pub assigned_user_ids: bool,

    /// Namespaces to watch, separated by commas. Empty: all.
    #[arg(long, env = "WATCH_NAMESPACES", default_value = "")]
    pub watch_namespaces: String,

    /// Name of this pod: its identity in the leader lease and in events.
    #[arg(long, env = "POD_NAME", value_parser = not_empty)]
    pub pod_name: String,

    /// Namespace of this pod: where the leader lease is.
    #[arg(long, env = "POD_NAMESPACE", value_parser = not_empty)]
    pub pod_namespace: String,

    /// Whether to take the leader lease before working; needed with more than one replica.
    #[arg(long, env = "LEADER_ELECTION", default_value_t = true, action = clap::ArgAction::Set)]
    pub leader_election: bool,

    /// Name of the leader lease. Replicas that share it work one at a time.
    #[arg(long, env = "LEASE_NAME", default_value = "authbackend-operator", value_parser = not_empty)]
    pub lease_name: String,

    /// Where `/livez`, `/readyz` and `/metrics` listen.
    #[arg(long, env = "ADMIN_LISTEN_ADDR", default_value = "[::]:8080")]
    pub admin_listen_addr: SocketAddr,

    /// Format of the log.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,

    /// Filter of the log, for example `info` or `info,authbackend_operator=debug`.
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    pub log_level: String,
}

impl RunArgs {
    /// Namespaces to watch, without duplicates; empty: all.
    pub fn namespaces(&self) -> Vec<String> {
        let mut names = names(&self.watch_namespaces);
        names.sort();
        names.dedup();
        names
    }

    /// Names of the Secrets with which every produced pod pulls its images.
    pub fn image_pull_secrets(&self) -> Vec<String> {
        names(&self.image_pull_secrets)
    }
}

/// The names in a list that is separated by commas.
fn names(list: &str) -> Vec<String> {
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Format of the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

fn image(value: &str) -> Result<String, String> {
    if value.is_empty() || value.contains(char::is_whitespace) {
        return Err(
            "must be the reference of an image, for example registry.example/server:1.2.3"
                .to_owned(),
        );
    }
    Ok(value.to_owned())
}

fn not_empty(value: &str) -> Result<String, String> {
    if value.is_empty() {
        return Err("must not be empty".to_owned());
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(extra: &[&str]) -> Result<RunArgs, clap::Error> {
        let base = [
            "authbackend-operator",
            "run",
            "--server-image=server:1",
            "--postgres-image=postgres:17",
            "--pod-name=op-0",
            "--pod-namespace=system",
        ];
        match Args::try_parse_from(base.iter().chain(extra))?.command {
            Command::Run(args) => Ok(*args),
            Command::Check(_) | Command::Metrics => panic!("another command"),
        }
    }

    #[test]
    fn no_namespace_means_all() {
        assert!(parse(&[]).unwrap().namespaces().is_empty());
    }

    #[test]
    fn namespaces_are_trimmed_and_unique() {
        let args = parse(&["--watch-namespaces= b, a,,b "]).unwrap();
        assert_eq!(args.namespaces(), ["a", "b"]);
    }

    #[test]
    fn pull_secrets_keep_their_order() {
        let args = parse(&["--image-pull-secrets=b, a"]).unwrap();
        assert_eq!(args.image_pull_secrets(), ["b", "a"]);
    }

    #[test]
    fn an_image_with_a_blank_is_refused() {
        assert!(image("a b").is_err());
        assert!(image("").is_err());
    }

    #[test]
    fn leader_election_is_on_unless_switched_off() {
        assert!(parse(&[]).unwrap().leader_election);
        assert!(!parse(&["--leader-election=false"]).unwrap().leader_election);
    }
}
