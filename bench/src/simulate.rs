//! What a service of several servers bears, simulated from what its parts cost: at which rate its slowest hundredth takes too
//! long, and which part that is. Needs no server and no database, and says the same each time.

mod model;
mod parts;
mod prices;
#[cfg(test)]
mod tests;
mod world;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use self::model::{Load, Outcome, Part, Setup};
use self::prices::{
    CONNECTIONS, GENERATOR, HASH, MAX_CONNECTIONS, POOLER, POSTGRES, ROUND_TRIP, SERVER,
};
use self::world::simulate;
use crate::plot::{self, Axis, Line, Titles, thousands};
use crate::report::Report;

/// Numbers of servers.
const REPLICAS: [u32; 6] = [1, 2, 4, 8, 12, 16];

/// Answers of one simulation, and more for each server: enough for queues to grow past the limit.
const CHECKS: usize = 40_000;
const CHECKS_EACH: usize = 10_000;

/// Where random values start.
const SEED: u64 = 1;

/// Bisections of the rate: to within a five-hundredth of the range.
const STEPS: u32 = 9;

/// What was measured on two cores that load, server and Postgres shared, with 32 connections (docs/performance.md, "Figures").
const MEASURED: (f64, f64) = (45_075.0, 1.2);

/// Options of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Cores of each server.
    #[arg(long, default_value_t = 2)]
    cores: u32,

    /// Cores of Postgres.
    #[arg(long, default_value_t = 8)]
    database_cores: u32,

    /// A rate is borne while the p99 of checks is below so many milliseconds.
    #[arg(long, default_value_t = 10)]
    limit: u32,

    /// Directory for the tables and plots.
    #[arg(long)]
    out: PathBuf,
}

/// A way to run the service.
struct Way {
    name: &'static str,
    databases: usize,
    pooler: bool,
    sign_in_of: u32,
}

const WAYS: [Way; 4] = [
    Way {
        name: "one primary",
        databases: 1,
        pooler: false,
        sign_in_of: 0,
    },
    Way {
        name: "every thousandth request a sign-in",
        databases: 1,
        pooler: false,
        sign_in_of: 1_000,
    },
    Way {
        name: "through a pooler",
        databases: 1,
        pooler: true,
        sign_in_of: 0,
    },
    Way {
        name: "reads from a standby too",
        databases: 2,
        pooler: false,
        sign_in_of: 0,
    },
];

/// Simulates, prints and saves.
pub fn run(arguments: &Arguments) -> Result<()> {
    let out = &arguments.out;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut report = Report {
        setting: setting(arguments),
        rows: Vec::new(),
    };
    println!("{}", report.setting.join("\n"));
    validate(&mut report);
    let mut lines = Vec::new();
    for way in &WAYS {
        let mut points = Vec::new();
        for replicas in REPLICAS {
            let setup = setup(arguments, way, usize::try_from(replicas)?);
            let (rate, outcome) = most(setup, arguments.limit);
            let rate = (rate / 1_000.0).round() * 1_000.0;
            add(&mut report, way, replicas, rate, &outcome);
            points.push((f64::from(replicas), rate / 1_000.0));
        }
        lines.push(Line {
            name: way.name.to_owned(),
            points,
        });
    }
    report.save(out, "simulation")?;
    draw(out, &lines)
}

fn setting(arguments: &Arguments) -> Vec<String> {
    let micro = |nanoseconds: f64| nanoseconds / 1_000.0;
    vec![
        format!(
            "A check costs a server {:.1} µs and {:.1} µs for each query, Postgres {:.1} µs and {:.1} µs; a hash {:.1} ms; a query through \
             the pooler {:.0} µs; the way to the database and back takes {:.0} µs",
            micro(SERVER.each),
            micro(SERVER.once),
            micro(POSTGRES.each),
            micro(POSTGRES.once),
            HASH / 1e6,
            micro(POOLER),
            micro(ROUND_TRIP),
        ),
        format!(
            "Servers of {} cores, Postgres of {}; borne while the p99 of checks is below {} ms; seed {SEED}",
            arguments.cores, arguments.database_cores, arguments.limit
        ),
    ]
}

/// Beside what was measured.
fn validate(report: &mut Report) {
    let setup = Setup {
        replicas: 1,
        cores: 2,
        databases: 1,
        database_cores: 2,
        pooler: false,
        round_trip: 0.0,
        sign_in_of: 0,
        load: Load::OnOneMachine(32),
    };
    let outcome = simulate(setup, CHECKS, SEED);
    let (rate, p99) = MEASURED;
    report.add(
        "two cores for all, 32 connections",
        format!("{:.0}/s, p99 {:.2} ms", outcome.rate, milliseconds(&outcome)),
        format!(
            "measured {rate:.0}/s, p99 {p99} ms; the rate is off by {:+.0} %. The load generator takes {:.0} µs of it",
            (outcome.rate / rate - 1.0) * 100.0,
            GENERATOR / 1_000.0
        ),
    );
}

fn setup(arguments: &Arguments, way: &Way, replicas: usize) -> Setup {
    Setup {
        replicas,
        cores: arguments.cores,
        databases: way.databases,
        database_cores: arguments.database_cores,
        pooler: way.pooler,
        round_trip: ROUND_TRIP,
        sign_in_of: way.sign_in_of,
        load: Load::Rate(0.0),
    }
}

/// The highest rate that is borne, and what comes of a little more.
fn most(setup: Setup, limit: u32) -> (f64, Outcome) {
    let checks = CHECKS + CHECKS_EACH * setup.replicas;
    let at = |rate| {
        let load = Load::Rate(rate);
        simulate(Setup { load, ..setup }, checks, SEED)
    };
    let is_borne = |outcome: &Outcome| milliseconds(outcome) < f64::from(limit);
    // More than cores that do nothing else could answer.
    let cores = f64::from(setup.cores) * f64::from(u32::try_from(setup.replicas).unwrap_or(1));
    let (mut low, mut high) = (0.0, cores * 1e9 / SERVER.each);
    let mut broken = at(high);
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        let outcome = at(middle);
        if is_borne(&outcome) {
            low = middle;
        } else {
            (high, broken) = (middle, outcome);
        }
    }
    (low, broken)
}

fn add(report: &mut Report, way: &Way, replicas: u32, rate: f64, broken: &Outcome) {
    let (part, busy) = broken.busiest();
    let part = match part {
        Part::Servers => "the servers' cores",
        Part::Databases => "Postgres' cores",
        Part::Pooler => "the pooler's thread",
    };
    let connections = CONNECTIONS * replicas;
    let note = if connections > MAX_CONNECTIONS && !way.pooler {
        format!(
            "; {connections} connections, more than the {MAX_CONNECTIONS} of Postgres' own setting"
        )
    } else {
        String::new()
    };
    report.add(
        &format!("{replicas} servers, {}", way.name),
        format!("{}/s", thousands(rate)),
        format!("then {part} break first, {:.0} % busy{note}", busy * 100.0),
    );
}

/// The p99.
fn milliseconds(outcome: &Outcome) -> f64 {
    let nanoseconds = u32::try_from(outcome.quantile(990)).unwrap_or(u32::MAX);
    f64::from(nanoseconds) / 1e6
}

fn draw(out: &Path, lines: &[Line]) -> Result<()> {
    let titles = Titles {
        plot: "Session checks that are borne, simulated",
        x: Axis::Linear("servers"),
        y: "thousand per second",
    };
    plot::lines(out, "simulation", titles, lines)
}
