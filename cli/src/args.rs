//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::output::Format;

/// Look at AuthBackends, and act on their migrations.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-authbackend",
    bin_name = "kubectl authbackend",
    version,
    about = "Look at AuthBackends, and act on their migrations",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Args {
    /// Where to look.
    #[command(flatten)]
    pub scope: Scope,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where to look.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Scope {
    /// Namespace. Default: that of the context.
    #[arg(short, long, global = true)]
    pub namespace: Option<String>,

    /// Context of the kubeconfig. Default: the current one.
    #[arg(long, global = true)]
    pub context: Option<String>,

    /// Kubeconfig. Default: $KUBECONFIG, else ~/.kube/config.
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show how an AuthBackend is, and what to do about it; without a name, list them.
    Status(Status),
    /// Show the migration that is due, or the newest one.
    Plan(Plan),
    /// Approve the migration that waits for it, or the removal of what is not used any longer.
    Approve(Approve),
    /// Ask for another try of a migration that failed, or of a rollout that was taken back.
    Retry(Named),
    /// Print the logs of the auth server, of the migration, or of a managed database.
    Logs(Logs),
    /// Forward a local port to the API, or print the psql command for the database.
    Connect(Connect),
    /// Print a script that completes this command in a shell.
    Completion(Completion),
    /// Answer what kubectl asks for completion.
    #[command(name = "__complete", hide = true, disable_help_flag = true)]
    Complete(Complete),
    /// Print the reference page.
    #[command(hide = true)]
    Reference,
}

/// Options of `status`.
#[derive(clap::Args, Debug)]
pub struct Status {
    /// Name of the AuthBackend; without one, all of the namespace are listed.
    pub name: Option<String>,

    /// List those of all namespaces.
    #[arg(short = 'A', long, conflicts_with_all = ["name", "namespace"])]
    pub all_namespaces: bool,

    /// Format of the output.
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// Options of `plan`.
#[derive(clap::Args, Debug)]
pub struct Plan {
    /// Name of the AuthBackend.
    pub name: String,

    /// Format of the output.
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// An AuthBackend.
#[derive(clap::Args, Debug)]
pub struct Named {
    /// Name of the AuthBackend.
    pub name: String,
}

/// Options of `approve`.
#[derive(clap::Args, Debug)]
pub struct Approve {
    /// Name of the AuthBackend.
    pub name: String,

    /// Approve only the plan with this hash, as `plan` has shown it. Default: the one that waits.
    #[arg(long, value_name = "HASH")]
    pub plan: Option<String>,

    /// Approve the removal of what is not used any longer.
    #[arg(long)]
    pub contract: bool,
}

/// Options of `logs`.
#[derive(clap::Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Logs {
    /// Name of the AuthBackend.
    pub name: String,

    /// Logs of the newest migration.
    #[arg(short, long, conflicts_with = "database")]
    pub migration: bool,

    /// Logs of the managed database.
    #[arg(long)]
    pub database: bool,

    /// Go on with what is logged from now on, by pods that start later too.
    #[arg(short, long)]
    pub follow: bool,

    /// Logs of the container before, of pods that were started again.
    #[arg(short, long, conflicts_with = "follow")]
    pub previous: bool,

    /// Lines of each pod, from the end. Default: all.
    #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(i64).range(0..))]
    pub tail: Option<i64>,

    /// Begin this long ago, for example 90s, 10m or 2h.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub since: Option<i64>,

    /// Begin each line with its time.
    #[arg(long)]
    pub timestamps: bool,
}

/// Options of `connect`.
#[derive(clap::Args, Debug)]
pub struct Connect {
    /// Name of the AuthBackend.
    pub name: String,

    /// Local port; 0: one that is free.
    #[arg(short, long, default_value_t = 8100)]
    pub port: u16,

    /// Local address.
    #[arg(long, default_value = "127.0.0.1")]
    pub address: IpAddr,

    /// Forward to the port of metrics and probes.
    #[arg(long)]
    pub admin: bool,

    /// Print the psql command for the database, without its password, and forward nothing.
    #[arg(long, conflicts_with_all = ["port", "address", "admin"])]
    pub psql: bool,
}

/// Options of `completion`.
#[derive(clap::Args, Debug)]
pub struct Completion {
    /// Who completes. `kubectl`: the program kubectl_complete-authbackend, which kubectl's own completion runs.
    pub shell: Completer,
}

/// Who completes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Completer {
    /// kubectl.
    Kubectl,
    /// bash.
    Bash,
    /// elvish.
    Elvish,
    /// fish.
    Fish,
    /// `PowerShell`.
    Powershell,
    /// zsh.
    Zsh,
}

/// What kubectl asks for completion.
#[derive(clap::Args, Debug)]
pub struct Complete {
    /// The words up to the cursor.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}

/// Seconds of `90s`, `10m`, `2h` or `7d`.
fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || "must be a number and s, m, h or d, for example 10m".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    Ok(i64::from(number) * factor)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_time_has_a_unit() {
        for (text, expected) in [("90s", 90), ("10m", 600), ("2h", 7_200), ("7d", 604_800)] {
            assert_eq!(seconds(text), Ok(expected));
        }
        for text in ["", "10", "m", "-1s", "1 m", "5minutes", "5é"] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn all_namespaces_excludes_a_name_and_a_namespace() {
        let parse = |words: &[&str]| {
            let words = ["kubectl-authbackend", "status", "-A"].iter().chain(words);
            Args::try_parse_from(words)
        };
        assert!(parse(&[]).is_ok());
        assert!(parse(&["shop"]).is_err());
        assert!(parse(&["-n", "team-a"]).is_err());
    }

    #[test]
    fn the_namespace_may_stand_behind_the_command() {
        let args = Args::try_parse_from(["kubectl-authbackend", "retry", "shop", "-n", "team-a"]);
        assert_eq!(args.unwrap().scope.namespace.as_deref(), Some("team-a"));
    }
}
