//! The operator, as a process, on a real API server whose controllers and kubelets are played.
//!
//! Everything shares the machine's processors: API server, etcd, the operator, the players and this program. So the peer
//! of each rate is what the API server alone accepts, measured in the same run before and after.

mod edits;
mod fleet;
mod growth;
mod process;
mod write_rate;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use authbackend_testkit::{ApiServer, User};
use kube::Client;

use self::fleet::Fleet;
use self::process::{Counts, Operator};
use crate::plot::{self, Axis, Line, Titles};
use crate::report::{Report, machine, mebibytes};
use crate::statistics::milliseconds;

/// Writes with which the API server's own rate is measured.
const OWN_WRITES: usize = 2000;

/// Objects that are edited to measure the latency.
const EDITS: usize = 200;

/// Options of `operator`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Directory with `kube-apiserver` and `etcd`.
    #[arg(long)]
    binaries: PathBuf,

    /// The operator's program.
    #[arg(long)]
    operator: PathBuf,

    /// Number of `AuthBackends` that are created, made ready, edited and found again.
    #[arg(long, default_value_t = 1000)]
    count: usize,

    /// Number of `AuthBackends` to which the fleet grows in the end, to measure memory; no growth if not above `count`.
    #[arg(long, default_value_t = 0)]
    many: usize,

    /// Seconds of rest in which writes are counted.
    #[arg(long, default_value_t = 60)]
    rest: u64,

    /// Directory for the table and the plot.
    #[arg(long)]
    out: PathBuf,
}

/// Measures, prints and saves.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let (out, count) = (&arguments.out, arguments.count);
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let server = ApiServer::start(&arguments.binaries);
    let client = Client::try_from(server.config(User::Administrator).await)?;
    server.install(&client).await;
    let version = client.apiserver_version().await?.git_version;
    let mut report = Report {
        setting: vec![
            format!("Machine: {}", machine()),
            format!("kube-apiserver {version} and etcd without fsync, {count} AuthBackends"),
        ],
        rows: Vec::new(),
    };

    let alone = write_rate::measure(&client, OWN_WRITES, "before").await?;
    let kubeconfig = server.kubeconfig(User::Operator, "");
    let fleet = Fleet::new(client.clone()).await?;
    let operator = Operator::start(&arguments.operator, &kubeconfig).await?;
    let growth =
        growth::report_growth(&mut report, &server, &operator, &fleet, (count, alone)).await?;
    let span = Duration::from_secs(arguments.rest);
    report_rest(&mut report, &operator, span).await?;
    report_edits(&mut report, &client, &fleet, EDITS.min(count)).await?;
    rest(&operator).await?;
    drop(operator);
    let operator = report_restart(&mut report, arguments, &kubeconfig, count).await?;
    let mut points = growth.points();
    if arguments.many > count {
        points = growth::report_many(&mut report, &operator, &fleet, (arguments, &growth)).await?;
        report_rest(&mut report, &operator, span).await?;
    }
    let after = write_rate::measure(&client, OWN_WRITES, "after").await?;
    report.add(
        "writes of the API server alone, afterwards",
        format!("{after:.0}/s"),
        format!("before: {alone:.0}/s"),
    );
    report.save(out, "operator")?;
    draw(out, points)
}

async fn report_rest(report: &mut Report, operator: &Operator, span: Duration) -> Result<()> {
    let (before, usage) = (operator.counts().await?, operator.usage()?);
    tokio::time::sleep(span).await;
    let after = operator.counts().await?;
    report.add(
        &format!("writes in {} s of rest", span.as_secs()),
        (after.writes - before.writes).to_string(),
        "0",
    );
    let rested = operator.usage()?;
    let cpu = rested.cpu.saturating_sub(usage.cpu);
    report.add(
        &format!("CPU in {} s of rest", span.as_secs()),
        milliseconds(cpu),
        format!("{} reads", after.reads - before.reads),
    );
    report.add(
        &format!("memory after {} s of rest", span.as_secs()),
        mebibytes(rested.resident),
        format!("before: {}", mebibytes(usage.resident)),
    );
    Ok(())
}

async fn report_edits(
    report: &mut Report,
    client: &Client,
    fleet: &Fleet,
    edits: usize,
) -> Result<()> {
    let latencies = edits::measure(client, fleet, edits).await?;
    report.add(
        &format!("from edit to applied Deployment, {edits} edits"),
        format!(
            "p50 {}, p99 {}",
            milliseconds(latencies.applied.quantile(500)),
            milliseconds(latencies.applied.quantile(990))
        ),
        format!(
            "the edit itself: p50 {}, p99 {}",
            milliseconds(latencies.answered.quantile(500)),
            milliseconds(latencies.answered.quantile(990))
        ),
    );
    Ok(())
}

/// A new process on a fleet that is there already.
async fn report_restart(
    report: &mut Report,
    arguments: &Arguments,
    kubeconfig: &kube::config::Kubeconfig,
    count: usize,
) -> Result<Operator> {
    let start = Instant::now();
    let operator = Operator::start(&arguments.operator, kubeconfig).await?;
    let ready = start.elapsed();
    while operator.counts().await?.reconciles < count as u64 {
        ensure!(
            start.elapsed() < Duration::from_mins(10),
            "the operator does not look at all {count} within 10 minutes"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let all = start.elapsed();
    let counts = rest(&operator).await?;
    report.add(
        &format!("restart with {count} AuthBackends"),
        format!("all looked at after {:.1} s", all.as_secs_f64()),
        format!(
            "in charge after {}; {} writes",
            milliseconds(ready),
            counts.writes
        ),
    );
    Ok(operator)
}

/// Waits until the operator has made no request for five seconds.
async fn rest(operator: &Operator) -> Result<Counts> {
    let mut last = (operator.counts().await?, Instant::now());
    while last.1.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = operator.counts().await?;
        if now != last.0 {
            last = (now, Instant::now());
        }
    }
    Ok(last.0)
}

fn draw(out: &std::path::Path, points: Vec<(f64, f64)>) -> Result<()> {
    let titles = Titles {
        plot: "AuthBackends that are ready",
        x: Axis::Linear("seconds since the first was created"),
        y: "ready",
    };
    let line = Line {
        name: "ready".to_owned(),
        points,
    };
    plot::lines(out, "operator", titles, &[line])
}
