//! The auth server beside better-auth and bare servers, all on one database, in turn.

pub mod contestants;
mod hashing;
mod kratos;
pub mod load;
mod memory;
pub mod peer;
mod response;
mod rounds;
mod sessions;
mod storm;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use self::contestants::{Contestant, Programs};
use self::load::Target;
use self::rounds::{Entry, Figures, Rounds};
use crate::plot::{self, Axis, Bar, Titles};
use crate::report::Report;
use crate::statistics::{Sorted, median, milliseconds};

/// Connections that ask as fast as they are answered.
pub const CONNECTIONS: usize = 32;

/// Sessions that are asked for in turn, each of another user.
const SESSIONS: usize = 256;

/// Sign-ins under way at once: enough to keep all processors hashing.
const SIGN_INS: usize = 8;

/// The users who sign in.
const OURS: &str = "ours@bench.example";
const THEIRS: &str = "theirs@bench.example";

/// Starts that are measured.
const STARTS: usize = 9;

/// Options of `server`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The auth server's program.
    #[arg(long)]
    auth_server: PathBuf,

    /// Folder with better-auth installed.
    #[arg(long)]
    conformance: PathBuf,

    /// Ory Kratos' program.
    #[arg(long)]
    kratos: PathBuf,

    /// URL of an empty database.
    #[arg(long)]
    database: String,

    /// Seconds of each load.
    #[arg(long, default_value_t = 5)]
    seconds: u64,

    /// How often the contestants take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Directory for the tables and plots.
    #[arg(long)]
    out: PathBuf,
}

/// Measures, prints and saves.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let out = &arguments.out;
    let how = format!(
        "Medians of {} rounds of {} s in turn",
        arguments.rounds, arguments.seconds
    );
    let mut report = Report::of_servers(out, how)?;
    let programs = Programs {
        auth_server: &arguments.auth_server,
        conformance: &arguments.conformance,
        database: &arguments.database,
    };
    let rounds = Rounds {
        number: arguments.rounds,
        span: Duration::from_secs(arguments.seconds),
    };
    programs.migrate()?;
    report_starts(&mut report, &programs, &arguments.kratos).await?;
    let ours = programs.ours().await?;
    let idle = ours.process.usage()?.resident;
    ours.sign_up(OURS).await?;
    let cookies = sign_up_all(&ours).await?;
    let better_auth = programs.better_auth().await?;
    better_auth.sign_up(THEIRS).await?;
    let kratos = programs.kratos(&arguments.kratos).await?;
    let contestants = [&ours, &better_auth, &kratos];
    let sessions = sessions::report(&mut report, rounds, &programs, contestants, &cookies).await?;
    let (sign_ins, limit) = report_passwords(&mut report, rounds, &ours, &better_auth).await?;
    for contestant in [&ours, &better_auth] {
        storm::report(&mut report, rounds, contestant, &cookies).await?;
    }
    memory::report(&mut report, contestants, &cookies, idle).await?;
    report.save(out, "server")?;
    draw(arguments, &sessions, &sign_ins, limit)
}

/// Sign-ins, which are returned with their limit, and sign-ups.
async fn report_passwords(
    report: &mut Report,
    rounds: Rounds,
    ours: &Contestant,
    better_auth: &Contestant,
) -> Result<(Vec<Figures>, f64)> {
    let sign_in = [
        hashes(ours, ours.sign_in(OURS)),
        hashes(better_auth, better_auth.sign_in(THEIRS)),
    ];
    let result = report_hashing(report, rounds, "/sign-in/email", &sign_in).await?;
    let sign_up = [
        hashes(ours, ours.sign_ups()),
        hashes(better_auth, better_auth.sign_ups()),
    ];
    report_hashing(report, rounds, "/sign-up/email", &sign_up).await?;
    Ok(result)
}

/// What hashes a password with each request, beside better-auth and beside hashing alone, whose rate is returned too.
/// All take turns.
async fn report_hashing(
    report: &mut Report,
    rounds: Rounds,
    what: &str,
    entries: &[Entry<'_>],
) -> Result<(Vec<Figures>, f64)> {
    let (mut played, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..rounds.number {
        let once = Rounds {
            number: 1,
            ..rounds
        };
        played.push(once.play(entries).await?);
        let span = rounds.span;
        limits.push(tokio::task::spawn_blocking(move || hashing::rate(span)).await??);
    }
    let figures = Figures::medians(&played);
    let limit = median(limits);
    report_rates(report, what, &figures);
    report.add(
        &format!("{what} beside raw argon2id"),
        format!("{:.2} of the limit", figures[0].rate / limit),
        format!("{limit:.1} hashes/s; goal 0.95"),
    );
    Ok((figures, limit))
}

/// Start to first answer.
async fn report_starts(report: &mut Report, programs: &Programs<'_>, kratos: &Path) -> Result<()> {
    let (mut ours, mut theirs, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        ours.push(programs.ours().await?.started);
    }
    for _ in 0..STARTS.div_ceil(3) {
        theirs.push(programs.better_auth().await?.started);
        others.push(programs.kratos(kratos).await?.started);
    }
    let median = |starts| milliseconds(Sorted::of(starts).quantile(500));
    report.add(
        "start to first answer, median",
        median(ours),
        format!(
            "better-auth {}, Ory Kratos {}; goal 30 ms",
            median(theirs),
            median(others)
        ),
    );
    Ok(())
}

/// The cookies of new sessions, each of a new user.
pub async fn sign_up_all(ours: &Contestant) -> Result<Vec<String>> {
    let mut cookies = Vec::with_capacity(SESSIONS);
    for number in 0..SESSIONS {
        // As long as each other, so that all answers are.
        let email = format!("session-{number:04}@bench.example");
        cookies.push(ours.sign_up(&email).await?);
    }
    Ok(cookies)
}

fn report_rates(report: &mut Report, what: &str, results: &[Figures]) {
    let ours = results[0].rate;
    for result in results {
        report.add(
            &format!("{what}: {}", result.name),
            result.shown(),
            format!(
                "p50 {}, p99 {}; ours is {:.2} of it",
                milliseconds(result.p50),
                milliseconds(result.p99),
                ours / result.rate
            ),
        );
    }
}

fn hashes(contestant: &Contestant, target: Target) -> Entry<'_> {
    Entry {
        contestant,
        target,
        connections: SIGN_INS,
    }
}

fn draw(
    arguments: &Arguments,
    sessions: &[Figures],
    sign_ins: &[Figures],
    limit: f64,
) -> Result<()> {
    let bars = |results: &[Figures]| -> Vec<Bar> {
        let bar = |result: &Figures| Bar {
            name: result.name.to_owned(),
            value: result.rate,
        };
        results.iter().map(bar).collect()
    };
    let titles = |plot| Titles {
        plot,
        x: Axis::Linear(""),
        y: "answers per second",
    };
    let out = &arguments.out;
    plot::bars(
        out,
        "get-session",
        titles("GET /get-session"),
        &bars(sessions),
    )?;
    let mut hashing = bars(sign_ins);
    hashing.push(Bar {
        name: "argon2id alone".to_owned(),
        value: limit,
    });
    plot::bars(out, "sign-in", titles("POST /sign-in/email"), &hashing)
}
