//! The auth server with a thousand to ten million users: what a session check costs, what a user takes on disk, and what
//! others notice while sessions are removed.
//!
//! Each size stands beside ten thousand users, in a database of their own on the same Postgres, in turn: what changes on the
//! machine meanwhile hits both.

mod ask;
mod fill;
mod pair;
mod removal;
mod settle;
mod stage;
mod steady;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use self::pair::{Cost, Pair};
use self::stage::Stage;
use crate::plot::{self, Axis, Line, Titles};
use crate::report::Report;
use crate::server::load::Outcome;

/// The users that each size stands beside.
const BASELINE: u64 = 10_000;

/// How the databases were when they were measured.
const SETTLED: &str = "Before each measurement: vacuum, analyze, checkpoint, sync; all tables and indexes read into memory, \
    and background processes waited for. Nothing is flushed to disk while rows are written, everything while something is measured";

/// Options of `growth`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The auth server's program.
    #[arg(long)]
    auth_server: PathBuf,

    /// URL of a database on a throw-away server: further ones are made there, and its settings are changed.
    #[arg(long)]
    database: String,

    /// The most users, as a power of ten: 7 takes about 20 GB and 20 minutes.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(4..=7))]
    most: u32,

    /// Seconds of each load.
    #[arg(long, default_value_t = 5)]
    seconds: u64,

    /// How often sizes take turns with the baseline.
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Session checks per second.
    #[arg(long, default_value_t = 1000)]
    rate: u32,

    /// Directory for the tables and plots.
    #[arg(long)]
    out: PathBuf,
}

/// Measures, prints and saves.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let out = &arguments.out;
    let how = format!(
        "Medians of {} rounds of {} s in turn, {} session checks per second of random users",
        arguments.rounds, arguments.seconds, arguments.rate
    );
    let mut report = Report::of_servers(out, how)?;
    let beside = Stage::new(arguments, "growth_baseline").await?;
    settle::require_room(&beside.users.client, 10_u64.pow(arguments.most)).await?;
    beside.users.grow(0, BASELINE).await?;
    let settings = settle::settings(&beside.users.client).await?;
    println!("Postgres: {settings}");
    report.setting.push(format!("Postgres: {settings}"));
    report.setting.push(SETTLED.to_owned());
    let beside_server = beside.serve(&keeping()).await?;
    let stage = Stage::new(arguments, "growth").await?;
    let server = stage.serve(&keeping()).await?;
    let (mut costs, mut users) = (Vec::new(), 0);
    for power in 3..=arguments.most {
        let size = 10_u64.pow(power);
        stage.users.grow(users, size).await?;
        users = size;
        let pair = Pair {
            steady: stage.steady(&server, size).await?,
            beside: beside.steady(&beside_server, BASELINE).await?,
            server: &server,
            users: &stage.users,
        };
        let mut cost = pair.measure(&mut report, arguments, size).await?;
        cost.bytes = stage.report_statements(&mut report, size).await?;
        costs.push(cost);
    }
    drop((beside_server, beside));
    removal::report(&mut report, &stage, server, users).await?;
    report.save(out, "growth")?;
    draw(out, &costs)
}

/// Settings with which the server removes nothing.
fn keeping() -> Value {
    json!({
        "rateLimit": {"enabled": false},
        "session": {"disableCleanup": true}, "verification": {"disableCleanup": true},
    })
}

fn quantile(outcome: &Outcome, per_mille: usize) -> f64 {
    outcome.latencies.quantile(per_mille).as_secs_f64()
}

fn microseconds(duration: Duration) -> String {
    format!("{:.0} µs", duration.as_secs_f64() * 1e6)
}

/// "10^6" for a million.
fn power(users: u64) -> String {
    format!("10^{}", users.ilog10())
}

fn draw(out: &Path, costs: &[Cost]) -> Result<()> {
    let line = |name: &str, of: &dyn Fn(&Cost) -> f64| Line {
        name: name.to_owned(),
        points: costs
            .iter()
            .map(|cost| (f64::from(cost.users.ilog10()), of(cost)))
            .collect(),
    };
    let titles = |plot, y| Titles {
        plot,
        x: Axis::PowersOfTen("users, each with an account and a session"),
        y,
    };
    let [table, indexes] = [0, 1].map(|index| {
        move |cost: &Cost| f64::from(u32::try_from(cost.bytes[index]).unwrap_or(u32::MAX))
    });
    plot::lines(
        out,
        "growth",
        titles("GET /get-session as users grow", "microseconds"),
        &[
            line("p99", &|cost| cost.p99 * 1e6),
            line("p50", &|cost| cost.p50 * 1e6),
        ],
    )?;
    plot::lines(
        out,
        "growth-cpu",
        titles(
            "GET /get-session as users grow: processor time",
            "microseconds",
        ),
        &[
            line("auth server", &|cost| cost.cpu[0]),
            line("Postgres", &|cost| cost.cpu[1]),
        ],
    )?;
    plot::lines(
        out,
        "growth-ratio",
        titles(
            "GET /get-session: p99 beside that of ten thousand users",
            "per cent",
        ),
        &[line("p99", &|cost| cost.ratio * 100.0)],
    )?;
    plot::lines(
        out,
        "growth-bytes",
        titles("What a user takes on disk", "bytes"),
        &[
            line("tables and indexes", &|cost| table(cost) + indexes(cost)),
            line("indexes", &indexes),
        ],
    )
}
