//! `auth-server migrate`.

use std::path::Path;

use clap::Args;

use super::{Variable, begin, print, tell};
use crate::{
    config::{FileReader, MigrateConfig},
    migrate::{Action, Desired, MigrateError, Migrator, Outcome, Plan, Report, with_directory},
};

/// Kubernetes keeps this many bytes of a termination message.
const TERMINATION_MESSAGE_LIMIT: usize = 4096;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Show what would be done and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Remove what servers of earlier versions use: apply the contract migrations, once none of those servers runs.
    #[arg(long, conflicts_with = "dry_run")]
    contract: bool,
    /// Do nothing unless the plan has this hash, as `--dry-run` shows it.
    #[arg(long, value_name = "HASH", conflicts_with_all = ["dry_run", "contract"])]
    plan: Option<String>,
    /// Print the plan or the outcome as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, variable: Variable<'_>, reader: FileReader) -> u8 {
    let config = match begin(variable, reader, MigrateConfig::load) {
        Ok(config) => config,
        Err(problems) => {
            let code = tell(&problems);
            if let (Some(path), Some(problem)) =
                (variable("TERMINATION_MESSAGE_PATH"), problems.first())
            {
                leave_message(Path::new(&path), &problem.to_string());
            }
            return code;
        }
    };
    let message_path = config.termination_message.as_deref();
    match execute(arguments, &config).await {
        Ok(message) => {
            if let Some(path) = message_path {
                leave_message(path, &message);
            }
            0
        }
        Err(error) => {
            let code = error.exit_code();
            tracing::error!(exit_code = code, "{error}");
            if let Some(path) = message_path {
                leave_message(path, &error.to_string());
            }
            code
        }
    }
}

/// Plans or migrates; answers with the plan or the outcome as JSON, short enough for a termination message.
async fn execute(arguments: &Arguments, config: &MigrateConfig) -> Result<String, MigrateError> {
    let migrator = Migrator::new(with_directory(config.directory.as_deref())?)
        .for_schema(Desired::of(&config.settings))
        .expecting(arguments.plan.clone());
    let target = config.database.target()?;
    if arguments.dry_run {
        let plan = migrator.plan(&target).await?;
        let report = migrator.report(&plan);
        if arguments.json {
            print(&to_json(&report));
        } else {
            print(&describe(&plan, &report));
        }
        let blockers = plan.blockers();
        return if blockers.is_empty() {
            Ok(report.summary(TERMINATION_MESSAGE_LIMIT))
        } else {
            Err(MigrateError::Drift(blockers))
        };
    }
    let outcome = if arguments.contract {
        migrator.contract(&target).await?
    } else {
        migrator.run(&target).await?
    };
    let json = to_json(&outcome);
    if arguments.json {
        print(&json);
    }
    let Outcome {
        schema_version,
        applied,
        pending_contracts,
    } = outcome;
    tracing::info!(
        schema_version,
        applied = applied.len(),
        pending_contracts = pending_contracts.len(),
        "the database is up to date"
    );
    Ok(json)
}

fn to_json(value: &impl serde::Serialize) -> String {
    // Both types have only strings, numbers and lists, which always serialize.
    serde_json::to_string(value).unwrap_or_default()
}

/// The plan for a person.
fn describe(plan: &Plan, report: &Report<'_>) -> String {
    let mut lines = vec![format!(
        "current version {}, target version {}",
        plan.current_version, plan.target_version
    )];
    if plan.adopt {
        lines.push("adopt the existing better-auth tables".to_owned());
    }
    lines.extend(
        plan.pending
            .iter()
            .map(|migration| format!("apply {} ({})", migration.label(), migration.class)),
    );
    lines.extend(plan.contracts.iter().map(|contract| {
        let label = contract.label();
        format!("not before `auth-server migrate --contract`: {label}")
    }));
    for difference in &plan.differences {
        lines.push(format!("{}: {difference}", action(difference.action)));
        lines.extend(
            difference
                .statements
                .iter()
                .map(|statement| format!("    {statement}")),
        );
    }
    if report.is_destructive() {
        lines.push("data is removed or may change".to_owned());
    }
    lines.push(format!("plan {}", report.hash()));
    lines.join("\n")
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Adopt => "adopt as it is",
        Action::Change => "change",
        Action::Fix => "to be mended first",
    }
}

/// Leaves the outcome where Kubernetes looks for it. The outcome stands even if that fails.
fn leave_message(path: &Path, message: &str) {
    let end = message.floor_char_boundary(TERMINATION_MESSAGE_LIMIT);
    if let Err(error) = std::fs::write(path, message.get(..end).unwrap_or_default()) {
        tracing::warn!(%error, path = %path.display(), "cannot write the termination message");
    }
}
