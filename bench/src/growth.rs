//! The auth server with a thousand to ten million users: what a session check costs, what a user takes on disk, and what
//! others notice while sessions are removed.
//!
//! Each size stands beside ten thousand users, in a database of their own on the same Postgres, in turn: what changes on the
//! machine meanwhile hits both.

mod fill;
mod removal;
mod steady;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use self::fill::Users;
use self::steady::Steady;
use crate::plot::{self, Line, Titles};
use crate::report::Report;
use crate::server::contestants::{Contestant, Programs};
use crate::server::load::Outcome;
use crate::statistics::{median, milliseconds};

/// The users that each size stands beside.
const BASELINE: u64 = 10_000;

/// The p99 of a size may be this many times that of [`BASELINE`].
const GOAL: f64 = 1.1;

/// Options of `growth`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The auth server's program.
    #[arg(long)]
    auth_server: PathBuf,

    /// URL of a database on a server where further ones may be made.
    #[arg(long)]
    database: String,

    /// The most users, as a power of ten: 7 takes about 20 GB and hours.
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

/// What one size costs.
struct Cost {
    users: u64,
    p50: f64,
    p99: f64,
    /// The p99 beside that of the baseline.
    ratio: f64,
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
    beside.users.grow(0, BASELINE).await?;
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
        costs.push(pair.measure(&mut report, arguments, size).await?);
        stage.report_statements(&mut report, size).await?;
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

/// A database with users, and who serves it.
struct Stage<'a> {
    arguments: &'a Arguments,
    database: String,
    users: Users,
}

impl<'a> Stage<'a> {
    /// A database called `name`, without users.
    async fn new(arguments: &'a Arguments, name: &str) -> Result<Self> {
        let database = fill::create(&arguments.database, name).await?;
        programs(arguments, &database).migrate()?;
        Ok(Self {
            arguments,
            users: Users::connect(&database).await?,
            database,
        })
    }

    async fn serve(&self, settings: &Value) -> Result<Contestant> {
        let programs = programs(self.arguments, &self.database);
        programs.ours_with(settings).await
    }

    /// Session checks of random ones of the first `users` users.
    async fn steady(&self, server: &Contestant, users: u64) -> Result<Steady> {
        let tokens = self.users.tokens(users).await?;
        Ok(Steady::new(server.port, self.arguments.rate, &tokens))
    }

    /// What the database does for a session check and for a sign-in before the password is hashed, and what it takes to keep a
    /// user.
    async fn report_statements(&self, report: &mut Report, users: u64) -> Result<()> {
        let name = power(users);
        let check = self.users.pages_of_session(users).await?;
        let sign_in = self.users.pages_of_sign_in(users).await?;
        report.add(
            &format!("{name} users: pages read"),
            format!("{check:.1} a session check"),
            format!("{sign_in:.1} for the statements of a sign-in"),
        );
        let latencies = self.users.time_sign_ins(users).await?;
        report.add(
            &format!("{name} users: statements of a sign-in"),
            format!("p50 {}", microseconds(latencies.quantile(500))),
            format!("p99 {}", microseconds(latencies.quantile(990))),
        );
        let [table, indexes] = self.users.bytes().await?;
        report.add(
            &format!("{name} users: on disk"),
            format!("{} bytes a user", (table + indexes) / users),
            format!(
                "with an account and a session; {} of it indexes",
                indexes / users
            ),
        );
        Ok(())
    }
}

fn programs<'a>(arguments: &'a Arguments, database: &'a str) -> Programs<'a> {
    Programs {
        auth_server: &arguments.auth_server,
        conformance: Path::new(""),
        database,
    }
}

/// A size and the baseline, which take turns.
struct Pair<'a> {
    steady: Steady,
    beside: Steady,
    server: &'a Contestant,
    users: &'a Users,
}

impl Pair<'_> {
    async fn measure(
        &self,
        report: &mut Report,
        arguments: &Arguments,
        users: u64,
    ) -> Result<Cost> {
        let span = Duration::from_secs(arguments.seconds);
        // Connections are opened and statements prepared before anything counts.
        self.beside.run(span).await?;
        self.steady.run(span).await?;
        let (mut p50, mut p99, mut beside) = (vec![], vec![], vec![]);
        let (mut cpu, mut postgres) = (vec![], vec![]);
        for _ in 0..arguments.rounds {
            beside.push(quantile(&self.beside.run(span).await?, 990));
            let before = self.processor_times().await?;
            let outcome = self.steady.run(span).await?;
            let after = self.processor_times().await?;
            let answers = u32::try_from(outcome.answers).unwrap_or(u32::MAX).max(1);
            let each = |index: usize| {
                let used = after[index].saturating_sub(before[index]);
                (used / answers).as_secs_f64() * 1e6
            };
            cpu.push(each(0));
            postgres.push(each(1));
            p50.push(quantile(&outcome, 500));
            p99.push(quantile(&outcome, 990));
        }
        let [p50, p99, beside, cpu, postgres] = [p50, p99, beside, cpu, postgres].map(median);
        let ratio = p99 / beside;
        let shown = |seconds: f64| milliseconds(Duration::from_secs_f64(seconds));
        report.add(
            &format!("{} users: /get-session", power(users)),
            format!("p50 {}, p99 {}", shown(p50), shown(p99)),
            format!(
                "p99 {ratio:.2} × that of 10^4, {}; goal {GOAL} ×; CPU {cpu:.0} µs, Postgres {postgres:.0} µs",
                shown(beside),
            ),
        );
        Ok(Cost {
            users,
            p50,
            p99,
            ratio,
        })
    }

    /// Of the server and of Postgres for it.
    async fn processor_times(&self) -> Result<[Duration; 2]> {
        let postgres = self.users.processor_time().await?;
        Ok([self.server.process.usage()?.cpu, postgres])
    }
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
    let line = |name: &str, of: fn(&Cost) -> f64| Line {
        name: name.to_owned(),
        points: costs
            .iter()
            .map(|cost| (f64::from(cost.users.ilog10()), of(cost)))
            .collect(),
    };
    let titles = |plot, y| Titles {
        plot,
        x: "users and sessions, power of ten",
        y,
    };
    plot::lines(
        &out.join("growth.svg"),
        titles("GET /get-session", "microseconds"),
        &[
            line("p99", |cost| cost.p99 * 1e6),
            line("p50", |cost| cost.p50 * 1e6),
        ],
    )?;
    plot::lines(
        &out.join("growth-ratio.svg"),
        titles(
            "GET /get-session: p99 beside that of ten thousand users",
            "per cent",
        ),
        &[line("p99", |cost| cost.ratio * 100.0)],
    )
}
