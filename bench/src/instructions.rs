//! Instructions per request: the figure that a busy machine cannot move.
//!
//! The server runs under valgrind, once for so many requests and once for twice as many; what the second run needs more
//! is the price of the requests alone. Work of the kernel and of Postgres is not in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::server::contestants::{Contestant, Programs};
use crate::server::load::{Connection, Target};

/// Requests of the shorter run.
const REQUESTS: u32 = 200;

/// Sign-ins of the shorter run: each hashes a password, which takes valgrind long.
const SIGN_INS: u32 = 20;

/// More instructions than the kept figure by this part are too many, in percent.
const TOLERANCE: u64 = 10;

/// In the profile of a thread that hashes passwords. The types of its parameters are in those of others too.
const HASHING: &str = "argon2::Argon2::fill_blocks";

/// Options of `instructions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The auth server's program, with its symbols.
    #[arg(long)]
    auth_server: PathBuf,

    /// URL of an empty database.
    #[arg(long)]
    database: String,

    /// The figures that are kept.
    #[arg(long)]
    baseline: PathBuf,

    /// Keep what is counted now.
    #[arg(long)]
    record: bool,
}

/// Figures that are kept, by what is asked.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Baseline {
    /// Instructions in user mode per request.
    instructions: BTreeMap<String, u64>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Question {
    Ok,
    GetSession,
    FromMemory,
    SignIn,
}

impl Question {
    const ALL: [Self; 4] = [Self::Ok, Self::GetSession, Self::FromMemory, Self::SignIn];

    fn name(self) -> &'static str {
        match self {
            Self::Ok => "GET /ok",
            Self::GetSession => "GET /get-session",
            Self::FromMemory => "GET /get-session, from memory",
            Self::SignIn => "POST /sign-in/email, without the hash",
        }
    }

    fn requests(self) -> u32 {
        match self {
            Self::Ok | Self::GetSession | Self::FromMemory => REQUESTS,
            Self::SignIn => SIGN_INS,
        }
    }

    fn target(self, server: &Contestant, email: &str, cookie: String) -> Target {
        match self {
            Self::Ok => server.ok(),
            Self::GetSession | Self::FromMemory => server.get_session(&[cookie]),
            Self::SignIn => server.sign_in(email),
        }
    }
}

/// Counts, prints and compares.
pub async fn run(arguments: &Arguments) -> Result<()> {
    require_valgrind()?;
    let programs = Programs {
        auth_server: &arguments.auth_server,
        conformance: Path::new(""),
        database: &arguments.database,
    };
    programs.migrate()?;
    let mut counted = Baseline::default();
    for question in Question::ALL {
        let short = count(&programs, question, question.requests()).await?;
        let long = count(&programs, question, question.requests() * 2).await?;
        let name = question.name();
        ensure!(
            long > short,
            "{name}: more requests took no more instructions"
        );
        let each = (long - short) / u64::from(question.requests());
        counted.instructions.insert(name.to_owned(), each);
    }
    if arguments.record {
        let text = serde_json::to_string_pretty(&counted)? + "\n";
        fs::write(&arguments.baseline, text)
            .with_context(|| format!("cannot write {}", arguments.baseline.display()))?;
    }
    let kept = read(&arguments.baseline)?;
    let risen = compare(&kept, &counted)?;
    ensure!(
        risen.is_empty(),
        "more than {TOLERANCE} % above {}: {}. Find the cause, or keep the new figure with --record and say why",
        arguments.baseline.display(),
        risen.join(", ")
    );
    Ok(())
}

fn require_valgrind() -> Result<()> {
    let found = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        bail!(
            "instructions are counted by valgrind, which is not installed: apt-get install valgrind"
        );
    }
    Ok(())
}

fn read(path: &Path) -> Result<Baseline> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} does not parse", path.display()))
}

/// Prints each figure beside the one that is kept. Returns what has risen by more than the tolerance.
fn compare(kept: &Baseline, counted: &Baseline) -> Result<Vec<String>> {
    let mut risen = Vec::new();
    println!("Instructions per request");
    for (name, now) in &counted.instructions {
        let before = kept
            .instructions
            .get(name)
            .with_context(|| format!("no figure is kept for {name}: keep one with --record"))?;
        let change = change(*before, *now) * 100.0;
        println!("{name:<40} {now:>9}  kept {before:>9}  {change:>+6.1} %");
        if now.saturating_mul(100) > before.saturating_mul(100 + TOLERANCE) {
            risen.push(name.clone());
        }
    }
    Ok(risen)
}

/// By which share `now` is above `before`.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one request are far below 2^52"
)]
fn change(before: u64, now: u64) -> f64 {
    now as f64 / before.max(1) as f64 - 1.0
}

/// Instructions of a server that is asked `requests` times, one after the other, from its start to its end.
async fn count(programs: &Programs<'_>, question: Question, requests: u32) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let in_memory = matches!(question, Question::FromMemory);
    let server = programs.counted(folder.path(), in_memory).await?;
    let email = format!("{}@count.example", server.port);
    let cookie = server.sign_up(&email).await?;
    let target = question.target(&server, &email, cookie);
    let mut connection = Connection::open(server.port).await?;
    for _ in 0..requests {
        let answer = connection.ask(&target.next()).await?;
        ensure!(
            answer.status == 200,
            "{}: status {}",
            question.name(),
            answer.status
        );
    }
    server.end()?;
    total(folder.path())
}

/// The sum over the threads of a profile but those that hash, whose work depends on nothing but their parameters.
fn total(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    let mut threads = 0;
    for entry in fs::read_dir(folder)? {
        let profile = fs::read_to_string(entry?.path())?;
        let Some(instructions) = instructions(&profile) else {
            continue;
        };
        threads += 1;
        if !profile.contains(HASHING) {
            sum += instructions;
        }
    }
    ensure!(threads > 1, "valgrind left no profile of each thread");
    Ok(sum)
}

/// What a profile of callgrind sums up to.
fn instructions(profile: &str) -> Option<u64> {
    let totals = profile
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals:"))?;
    totals.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(value: u64) -> Baseline {
        Baseline {
            instructions: BTreeMap::from([("a".to_owned(), value)]),
        }
    }

    #[test]
    fn the_sum_of_a_profile_is_in_its_totals() {
        let profile = "events: Ir\nfn=(1) main\n7 12\n\ntotals: 1234\n";
        assert_eq!(instructions(profile), Some(1234));
        assert_eq!(instructions("events: Ir\n"), None);
    }

    #[test]
    fn threads_that_hash_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        for (name, profile) in [
            ("1", "fn=(1) main\ntotals: 5\n"),
            ("2", "fn=(1) argon2::Argon2::fill_blocks\ntotals: 1000\n"),
        ] {
            fs::write(folder.path().join(name), profile).unwrap();
        }
        assert_eq!(total(folder.path()).unwrap(), 5);
    }

    #[test]
    fn a_tenth_more_is_tolerated_and_more_than_that_is_named() {
        for (now, risen) in [(90, 0), (100, 0), (110, 0), (111, 1)] {
            let found = compare(&baseline(100), &baseline(now)).unwrap();
            assert_eq!(found.len(), risen, "{now}");
        }
    }

    #[test]
    fn a_figure_that_is_not_kept_is_an_error() {
        assert!(compare(&Baseline::default(), &baseline(1)).is_err());
    }
}
