//! The auth server beside better-auth and bare servers, all on one database, in turn.

mod contestants;
mod hashing;
mod load;
pub mod peer;
mod response;
mod rounds;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};

use self::contestants::{Contestant, Programs};
use self::load::{Connection, closed, open};
use self::rounds::{Entry, Figures, Rounds};
use crate::plot::{self, Bar, Titles};
use crate::report::{Report, machine, mebibytes};
use crate::statistics::{Sorted, milliseconds};

/// Connections that ask as fast as they are answered.
const CONNECTIONS: usize = 32;

/// Sign-ins under way at once: enough to keep all processors hashing.
const SIGN_INS: usize = 8;

/// Requests per second at which latency is measured beside a storm of sign-ins.
const STEADY_RATE: u32 = 1000;

/// Connections over which they come.
const STEADY_CONNECTIONS: u32 = 16;

/// Connections that are held to measure memory.
const HELD: usize = 1000;

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
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut report = Report {
        setting: vec![
            format!(
                "Machine: {}, with load generator and Postgres on it",
                machine()
            ),
            format!(
                "Medians of {} rounds of {} s in turn",
                arguments.rounds, arguments.seconds
            ),
        ],
        rows: Vec::new(),
    };
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
    report_starts(&mut report, &programs).await?;
    let ours = programs.ours().await?;
    let idle = ours.process.usage()?.resident;
    let cookie = ours.sign_up("ours@bench.example").await?;
    let better_auth = programs.better_auth().await?;
    better_auth.sign_up("theirs@bench.example").await?;
    let length = answer_length(&ours, &cookie).await?;
    let token = token(&cookie)?;
    let select = programs.bare(length, Some(token)).await?;
    let bare = programs.bare(length, None).await?;

    let ask = |contestant| Entry {
        contestant,
        target: Contestant::get_session(contestant, &cookie),
        connections: CONNECTIONS,
    };
    let entries = [&ours, &better_auth, &select, &bare].map(ask);
    let sessions = rounds.play(&entries).await?;
    report_rates(&mut report, "/get-session", &sessions);
    let (sign_ins, limit) = report_sign_ins(&mut report, rounds, &ours, &better_auth).await?;
    for contestant in [&ours, &better_auth] {
        report_storm(&mut report, arguments, contestant, &cookie).await?;
    }
    report_memory(&mut report, &ours, &cookie, idle).await?;
    report.save(out, "server")?;
    draw(arguments, &sessions, &sign_ins, limit)
}

fn sign_in<'a>(contestant: &'a Contestant, email: &str) -> Entry<'a> {
    Entry {
        target: contestant.sign_in(email),
        connections: SIGN_INS,
        contestant,
    }
}

/// Sign-ins, beside better-auth and beside hashing alone, whose rate is returned too.
async fn report_sign_ins(
    report: &mut Report,
    rounds: Rounds,
    ours: &Contestant,
    better_auth: &Contestant,
) -> Result<(Vec<Figures>, f64)> {
    let entries = [
        sign_in(ours, "ours@bench.example"),
        sign_in(better_auth, "theirs@bench.example"),
    ];
    let sign_ins = rounds.play(&entries).await?;
    report_rates(report, "/sign-in/email", &sign_ins);
    let span = rounds.span;
    let limit = tokio::task::spawn_blocking(move || hashing::rate(span)).await??;
    report.add(
        "/sign-in/email beside raw argon2id",
        format!("{:.2} of the limit", sign_ins[0].rate / limit),
        format!("{limit:.1} hashes/s; goal 0.95"),
    );
    Ok((sign_ins, limit))
}

/// Start to first answer.
async fn report_starts(report: &mut Report, programs: &Programs<'_>) -> Result<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        ours.push(programs.ours().await?.started);
    }
    for _ in 0..STARTS.div_ceil(3) {
        theirs.push(programs.better_auth().await?.started);
    }
    report.add(
        "start to first answer, median",
        milliseconds(Sorted::of(ours).quantile(500)),
        format!(
            "better-auth {}; goal 30 ms",
            milliseconds(Sorted::of(theirs).quantile(500))
        ),
    );
    Ok(())
}

/// Bytes of the answer to `/get-session`.
async fn answer_length(ours: &Contestant, cookie: &str) -> Result<usize> {
    let target = ours.get_session(cookie);
    let mut connection = Connection::open(ours.port).await?;
    Ok(connection.ask(&target.request).await?.length)
}

/// The token in the value of a signed cookie: what stands before the dot.
fn token(cookie: &str) -> Result<&str> {
    let value = cookie.split_once('=').map(|(_, value)| value);
    let token = value.and_then(|value| value.split('.').next());
    token.context("the session cookie has no token")
}

fn report_rates(report: &mut Report, what: &str, results: &[Figures]) {
    let ours = results[0].rate;
    for result in results {
        report.add(
            &format!("{what}: {}", result.name),
            format!(
                "{:.0}/s, {:.0} µs CPU",
                result.rate,
                result.cpu.as_secs_f64() * 1e6
            ),
            format!(
                "p50 {}, p99 {}; ours is {:.2} of it",
                milliseconds(result.p50),
                milliseconds(result.p99),
                ours / result.rate
            ),
        );
    }
}

/// Latency of `/get-session` without and with sign-ins that want all processors.
async fn report_storm(
    report: &mut Report,
    arguments: &Arguments,
    contestant: &Contestant,
    cookie: &str,
) -> Result<()> {
    let span = Duration::from_secs(arguments.seconds);
    let sessions = contestant.get_session(cookie);
    // better-auth has its limit below the rate that the auth server does not notice.
    let (email, rate) = match contestant.name {
        "better-auth" => ("theirs@bench.example", STEADY_RATE / 10),
        _ => ("ours@bench.example", STEADY_RATE),
    };
    let calm = open(&sessions, STEADY_CONNECTIONS, rate, span).await?;
    let sign_ins = contestant.sign_in(email);
    let (storm, _) = tokio::try_join!(
        open(&sessions, STEADY_CONNECTIONS, rate, span),
        closed(&sign_ins, SIGN_INS, span)
    )?;
    let p99 = |outcome: &load::Outcome| outcome.latencies.quantile(990);
    report.add(
        &format!(
            "/get-session p99 while sign-ins saturate: {}",
            contestant.name
        ),
        milliseconds(p99(&storm)),
        format!(
            "{} without them, at {rate}/s; goal 2 ×",
            milliseconds(p99(&calm))
        ),
    );
    Ok(())
}

async fn report_memory(
    report: &mut Report,
    ours: &Contestant,
    cookie: &str,
    idle: u64,
) -> Result<()> {
    report.add("memory, just started", mebibytes(idle), "goal 12 MiB");
    report.add(
        "memory after the loads",
        mebibytes(ours.process.usage()?.resident),
        format!("peak {}", mebibytes(ours.process.usage()?.peak)),
    );
    let target = ours.get_session(cookie);
    let mut held = Vec::with_capacity(HELD);
    for _ in 0..HELD {
        let mut connection = Connection::open(ours.port).await?;
        connection.ask(&target.request).await?;
        held.push(connection);
    }
    let resident = ours.process.usage()?.resident;
    report.add(
        &format!("memory with {HELD} connections"),
        mebibytes(resident),
        "goal 40 MiB",
    );
    Ok(())
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
        x: "",
        y: "answers per second",
    };
    let path = arguments.out.join("get-session.svg");
    plot::bars(&path, titles("GET /get-session"), &bars(sessions))?;
    let mut hashing = bars(sign_ins);
    hashing.push(Bar {
        name: "argon2id alone".to_owned(),
        value: limit,
    });
    let path = arguments.out.join("sign-in.svg");
    plot::bars(&path, titles("POST /sign-in/email"), &hashing)
}
