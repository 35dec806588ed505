//! Where the processor time of a session check goes: a flame graph of the server under load.
//!
//! `perf` samples the server by processor cycles where the machine counts them, else by the clock of the processors, as it does by itself.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use inferno::collapse::Collapse as _;
use inferno::collapse::perf::{Folder, Options};
use inferno::flamegraph;

use crate::server::contestants::{Contestant, Programs};
use crate::server::load::closed;
use crate::server::{CONNECTIONS, sign_up_all};

/// Samples per second and core; not a round number, so that nothing that repeats is met again and again.
const FREQUENCY: &str = "997";

/// Bytes of the stack that are kept of each sample: futures in futures are deep.
const STACK: &str = "dwarf,32768";

/// Frames below this part of all samples are left out, in per cent: nobody could read them.
const NARROWEST: f64 = 0.2;

/// Options of `profile`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The auth server's program, with its symbols.
    #[arg(long)]
    auth_server: PathBuf,

    /// URL of an empty database.
    #[arg(long)]
    database: String,

    /// Seconds of the load.
    #[arg(long, default_value_t = 5)]
    seconds: u64,

    /// Directory for the flame graphs.
    #[arg(long)]
    out: PathBuf,
}

/// Samples and draws: sessions from the database, and from memory.
pub async fn run(arguments: &Arguments) -> Result<()> {
    require_perf()?;
    let out = &arguments.out;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let programs = Programs {
        auth_server: &arguments.auth_server,
        conformance: Path::new(""),
        database: &arguments.database,
    };
    programs.migrate()?;
    let ours = programs.ours().await?;
    let cookies = sign_up_all(&ours).await?;
    let what = "GET /get-session from the database";
    profile(arguments, &ours, &cookies, (what, "flame-get-session")).await?;
    ours.end()?;
    let in_memory = programs.ours_in_memory().await?;
    let what = "GET /get-session with session.memoryCache";
    profile(
        arguments,
        &in_memory,
        &cookies,
        (what, "flame-get-session-memory"),
    )
    .await
}

fn require_perf() -> Result<()> {
    let found = Command::new("perf")
        .arg("version")
        .stdout(Stdio::null())
        .status();
    ensure!(
        found.is_ok_and(|status| status.success()),
        "flame graphs are made of what perf samples, which is not installed: apt-get install linux-perf"
    );
    Ok(())
}

/// Samples `server` under load and draws `<name>.svg`.
async fn profile(
    arguments: &Arguments,
    server: &Contestant,
    cookies: &[String],
    (what, name): (&str, &str),
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let samples = folder.path().join("perf.data");
    let span = Duration::from_secs(arguments.seconds);
    let target = server.get_session(cookies);
    // Connections are opened and statements prepared before anything counts.
    closed(&target, CONNECTIONS, Duration::from_secs(1)).await?;
    let (pid, seconds) = (server.process.id(), arguments.seconds);
    let record = {
        let samples = samples.clone();
        move || record(pid, seconds, &samples)
    };
    let (outcome, recorded) = tokio::join!(
        closed(&target, CONNECTIONS, span),
        tokio::task::spawn_blocking(record)
    );
    recorded??;
    let subtitle = format!(
        "{:.0} answers per second while it was sampled",
        outcome?.rate()
    );
    let folded = fold(&samples)?;
    let path = arguments.out.join(name).with_extension("svg");
    draw(&folded, (what, &subtitle), &path)?;
    println!("{what}: {subtitle}: {}", path.display());
    Ok(())
}

/// Samples the process `pid` with its stacks, which are unwound by the tables that every program has for panics.
fn record(pid: u32, seconds: u64, samples: &Path) -> Result<()> {
    let output = Command::new("perf")
        .args(["record", "--freq", FREQUENCY, "--call-graph", STACK])
        .args(["--pid", &pid.to_string()])
        .arg("--output")
        .arg(samples)
        .args(["--", "sleep", &seconds.to_string()])
        .output()?;
    ensure!(
        output.status.success(),
        "perf record failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The stacks, each on a line with the number of its samples.
fn fold(samples: &Path) -> Result<Vec<u8>> {
    let mut script = Command::new("perf")
        .args(["script", "--no-inline", "--input"])
        .arg(samples)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stacks = script.stdout.take().context("perf script has no output")?;
    let mut folded = Vec::new();
    Folder::from(Options::default()).collapse(BufReader::new(stacks), &mut folded)?;
    ensure!(script.wait()?.success(), "perf script failed");
    Ok(folded)
}

fn draw(folded: &[u8], (title, subtitle): (&str, &str), path: &Path) -> Result<()> {
    let mut options = flamegraph::Options::default();
    title.clone_into(&mut options.title);
    options.subtitle = Some(subtitle.to_owned());
    options.min_width = NARROWEST;
    // The same function has the same colour in each graph.
    options.hash = true;
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    flamegraph::from_reader(&mut options, folded, file)?;
    Ok(())
}
