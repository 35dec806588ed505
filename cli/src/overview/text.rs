//! The overview for people.

use std::fmt::Write as _;

use authbackend_crds::v1alpha1::{MigrationPhase, MigrationStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::{Overview, Release, Versions};
use crate::output::{Screen, Table, Tone, age, printable};
use crate::problem::Problem;

pub(super) fn print(overview: &Overview, screen: &mut Screen<'_>) -> Result<(), Problem> {
    let mut lines = head(overview, screen);
    let tables = [
        ("Conditions", conditions(overview, screen)),
        ("Pods with problems", pods(overview, screen)),
        ("Events", events(overview, screen)),
        ("What to do", advice(overview)),
    ];
    for (title, rows) in tables {
        if !rows.is_empty() {
            lines.push(String::new());
            lines.push(screen.paint(Tone::Heading, title));
            lines.extend(rows);
        }
    }
    screen.line(&lines.join("\n"))
}

fn head(overview: &Overview, screen: &Screen<'_>) -> Vec<String> {
    let verdict = |type_: &str| {
        let condition = overview
            .conditions
            .iter()
            .find(|condition| condition.type_ == type_);
        Some(verdict(condition, screen))
    };
    let replicas = &overview.replicas;
    let fields = [
        ("Name", Some(overview.name.clone())),
        ("Namespace", Some(overview.namespace.clone())),
        ("URL", overview.url.clone()),
        ("Ready", verdict("Ready")),
        ("Available", verdict("Available")),
        ("Version", Some(versions(&overview.version))),
        (
            "Replicas",
            Some(format!("{} of {} ready", replicas.ready, replicas.all)),
        ),
        (
            "Migration",
            overview
                .migration
                .as_ref()
                .map(|found| migration(found, screen)),
        ),
        (
            "Suspended",
            overview
                .suspended
                .then(|| "yes: the operator changes nothing".to_owned()),
        ),
        (
            "Note",
            (!overview.is_observed)
                .then(|| "the operator has not seen the newest edit yet".to_owned()),
        ),
    ];
    let line = |(label, value): (&str, Option<String>)| Some(screen.field(label, &value?));
    fields.into_iter().filter_map(line).collect()
}

/// Status and reason of a condition, and since when.
fn verdict(condition: Option<&Condition>, screen: &Screen<'_>) -> String {
    let Some(condition) = condition else {
        return screen.paint(Tone::Uncertain, "not known yet");
    };
    let since = age(condition.last_transition_time.0, screen.now());
    format!(
        "{} ({}, for {since})",
        screen.paint(tone(condition), &condition.status),
        condition.reason
    )
}

/// Whether a condition is as it should be.
fn tone(condition: &Condition) -> Tone {
    let bad = if condition.type_ == "Stalled" {
        "True"
    } else {
        "False"
    };
    match (condition.type_.as_str(), condition.status.as_str()) {
        // Whether work goes on is neither good nor bad.
        ("Progressing" | "Reconciling", _) | (_, "Unknown") => Tone::Uncertain,
        (_, status) if status == bad => Tone::Bad,
        _ => Tone::Good,
    }
}

fn versions(versions: &Versions) -> String {
    let none = || "none yet".to_owned();
    let mut text = versions.current.as_ref().map_or_else(none, release);
    if let Some(schema) = versions.schema {
        let _ = write!(text, ", schema {schema}");
    }
    if let Some(wanted) = versions.pending() {
        let _ = write!(text, "; wanted: {}", release(wanted));
    }
    text
}

fn release(release: &Release) -> String {
    match (&release.version, &release.image) {
        (Some(version), Some(image)) => format!("{version} ({image})"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "unknown".to_owned(),
    }
}

fn migration(migration: &MigrationStatus, screen: &Screen<'_>) -> String {
    let tone = match migration.phase {
        MigrationPhase::Succeeded => Tone::Good,
        MigrationPhase::Failed | MigrationPhase::RolledBack => Tone::Bad,
        _ => Tone::Uncertain,
    };
    let phase = format!("{:?}", migration.phase);
    let mut text = format!("{} to {}", screen.paint(tone, &phase), migration.image);
    if let Some(code) = migration.exit_code {
        let _ = write!(text, ", exit code {code}");
    }
    if !migration.job.is_empty() {
        let _ = write!(text, ", Job {}", migration.job);
    }
    let ago =
        |verb: &str, time: jiff::Timestamp| format!(", {verb} {} ago", age(time, screen.now()));
    match (&migration.started_at, &migration.finished_at) {
        (_, Some(finished)) => text.push_str(&ago("ended", finished.0)),
        (Some(started), None) => text.push_str(&ago("begun", started.0)),
        (None, None) => {}
    }
    for line in migration.message.iter().flat_map(|message| message.lines()) {
        let _ = write!(text, "\n  {}", printable(line));
    }
    text
}

fn conditions(overview: &Overview, screen: &Screen<'_>) -> Vec<String> {
    if overview.conditions.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"]);
    for condition in &overview.conditions {
        table.row(vec![
            condition.type_.as_str().into(),
            (tone(condition), condition.status.clone()).into(),
            condition.reason.as_str().into(),
            age(condition.last_transition_time.0, screen.now()).into(),
            condition.message.as_str().into(),
        ]);
    }
    table.lines(screen, "  ")
}

fn pods(overview: &Overview, screen: &Screen<'_>) -> Vec<String> {
    let mut table = Table::new(&["POD", "PHASE", "READY", "PROBLEM"]);
    let mut any = false;
    for pod in &overview.pods {
        let Some(problem) = &pod.problem else {
            continue;
        };
        any = true;
        table.row(vec![
            pod.name.as_str().into(),
            pod.phase.as_str().into(),
            if pod.ready { "yes" } else { "no" }.into(),
            (Tone::Bad, problem.clone()).into(),
        ]);
    }
    if any {
        table.lines(screen, "  ")
    } else {
        Vec::new()
    }
}

fn events(overview: &Overview, screen: &Screen<'_>) -> Vec<String> {
    if overview.events.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["LAST SEEN", "COUNT", "TYPE", "REASON", "NOTE"]);
    for event in &overview.events {
        let tone = if event.type_ == "Warning" {
            Tone::Bad
        } else {
            Tone::Good
        };
        let seen = event.last_seen.map(|time| age(time, screen.now()));
        table.row(vec![
            seen.unwrap_or_default().into(),
            event.count.to_string().into(),
            (tone, event.type_.clone()).into(),
            event.reason.as_str().into(),
            event.note.as_str().into(),
        ]);
    }
    table.lines(screen, "  ")
}

fn advice(overview: &Overview) -> Vec<String> {
    let step = |step: &String| format!("  - {step}");
    overview.advice.iter().map(step).collect()
}
