//! `auth-server doctor`.

use std::{collections::BTreeMap, fmt::Write as _};

use clap::Args;

use super::{Variable, begin, print, tell, tell_error};
use crate::{
    config::{FileReader, MigrateConfig},
    migrate::{
        MigrateError,
        doctor::{Doctor, Finding, Offer, Origin, Report, Rows, Severity},
        with_directory,
    },
    plugins,
};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Print the report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, variable: Variable<'_>, reader: FileReader) -> u8 {
    let config = match begin(variable, reader, MigrateConfig::load) {
        Ok(config) => config,
        Err(problems) => return tell(&problems),
    };
    match examine(&config).await {
        Ok(report) => {
            if arguments.json {
                // Names, texts and counts always serialize.
                print(&serde_json::to_string_pretty(&report).unwrap_or_default());
            } else {
                print(&describe(&report));
            }
            report.exit_code()
        }
        Err(error) => {
            tell_error(&error);
            error.exit_code()
        }
    }
}

async fn examine(config: &MigrateConfig) -> Result<Report, MigrateError> {
    let migrations = with_directory(config.directory.as_deref())?;
    let offer = |name: &str| {
        if plugins::is_enabled(name, &config.settings) {
            Offer::On
        } else if plugins::ALL.iter().any(|plugin| plugin.name == name) {
            Offer::Off
        } else {
            Offer::None
        }
    };
    let doctor = Doctor {
        migrations: &migrations,
        settings: &config.settings,
        pool_size: config.database.max_connections(),
        offer: &offer,
    };
    doctor.examine(&config.database.target()?).await
}

/// The report for a person: facts, then findings, the worst first.
fn describe(report: &Report) -> String {
    let mut text = String::new();
    for (name, value) in facts(report) {
        let _infallible = writeln!(text, "{name:<12}{value}");
    }
    for finding in &report.findings {
        tell_finding(&mut text, finding);
    }
    let [errors, warnings, notes] =
        [Severity::Error, Severity::Warning, Severity::Note].map(|severity| report.count(severity));
    let _infallible = write!(
        text,
        "\n{errors} errors, {warnings} warnings, {notes} notes"
    );
    text
}

/// What the database is, each with its name; further lines of the same have none.
fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let server = &report.server;
    let schema = server.schema.as_deref().unwrap_or("none");
    let mut facts = vec![
        (
            "database",
            format!("{}, Postgres {}", server.address, server.version),
        ),
        (
            "role",
            format!(
                "{}, schema {schema}, time zone {}",
                server.role, server.time_zone
            ),
        ),
    ];
    facts.extend(report.origin.iter().flat_map(made_by));
    if let Some(schema) = &report.schema {
        let versions = format!(
            "version {} of {}",
            schema.current_version, schema.target_version
        );
        let state = if schema.is_taken_over {
            versions
        } else {
            format!("not taken over, {versions}")
        };
        facts.push(("schema", state));
    }
    for plugin in &report.plugins {
        let columns = plugin.columns.iter().map(String::as_str);
        let parts: Vec<&str> = plugin.tables.iter().copied().chain(columns).collect();
        facts.push(("plugin", format!("{} ({})", plugin.name, parts.join(", "))));
    }
    facts.extend(report.rows.iter().flat_map(counts));
    facts
}

fn made_by(origin: &Origin) -> Vec<(&'static str, String)> {
    let is_same = origin.departures.is_empty();
    let as_is = if is_same { "as made by" } else { "closest to" };
    let releases = origin.releases.join(", ");
    let mut lines = vec![(
        "tables",
        format!("{as_is} better-auth {releases}, ids {}", origin.ids),
    )];
    for departure in &origin.departures {
        let column = departure.column.as_ref();
        let column = column.map(|column| format!(".{column}"));
        let place = format!("{}{}", departure.table, column.unwrap_or_default());
        lines.push(("", format!("but {place} {}", departure.finding)));
    }
    lines
}

fn counts(rows: &Rows) -> [(&'static str, String); 3] {
    let list = |counts: &BTreeMap<String, i64>| {
        let counts: Vec<_> = counts
            .iter()
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        if counts.is_empty() {
            "none".to_owned()
        } else {
            counts.join(", ")
        }
    };
    [
        (
            "rows",
            format!(
                "{} users, {} sessions ({} expired), {} accounts, {} verifications",
                rows.users, rows.sessions, rows.expired_sessions, rows.accounts, rows.verifications
            ),
        ),
        ("providers", list(&rows.accounts_by_provider)),
        ("passwords", list(&rows.passwords)),
    ]
}

fn tell_finding(text: &mut String, finding: &Finding) {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let _infallible = writeln!(text, "\n{severity:<12}{}", finding.message);
    if let Some(remedy) = &finding.remedy {
        let _infallible = writeln!(text, "{:<12}{remedy}", "");
    }
    for statement in &finding.statements {
        let _infallible = writeln!(text, "{:<16}{statement}", "");
    }
}
