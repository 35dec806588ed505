//! What others notice while sessions are removed: those that have ended all at once, and the ten thousand of one user.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use super::steady::{Steady, cookie};
use super::{Stage, microseconds, power, quantile};
use crate::report::Report;
use crate::server::contestants::{Contestant, ORIGIN};
use crate::server::load::Connection;
use crate::statistics::{Sorted, median, milliseconds};

/// Sessions of the user who ends them all.
const MANY: i64 = 10_000;

/// When in the load that user does so.
const AFTER: Duration = Duration::from_secs(1);

/// Longest time in which nothing is seen to be removed; Postgres tells of what an idle connection did after ten seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reports both; `keeping` is a server that removes nothing by itself.
pub(super) async fn report(
    report: &mut Report,
    stage: &Stage<'_>,
    keeping: Contestant,
    users: u64,
) -> Result<()> {
    let steady = stage.steady(&keeping, users).await?;
    revoke_all(report, stage, &keeping, &steady).await?;
    stage.users.add_ended(users).await?;
    let calm = calm(stage, &steady).await?;
    drop(keeping);
    clean_up(report, stage, users, &calm).await
}

/// The load without anything else.
async fn calm(stage: &Stage<'_>, steady: &Steady) -> Result<Sorted> {
    let span = Duration::from_secs(stage.arguments.seconds);
    let mut parts = Vec::new();
    for _ in 0..=stage.arguments.rounds {
        parts.push(steady.run(span).await?.latencies);
    }
    // The first one warms up.
    Ok(Sorted::joined(parts.into_iter().skip(1).collect()))
}

/// One user ends ten thousand sessions in the middle of the load of the others.
async fn revoke_all(
    report: &mut Report,
    stage: &Stage<'_>,
    server: &Contestant,
    steady: &Steady,
) -> Result<()> {
    let calm = calm(stage, steady).await?;
    let span = Duration::from_secs(stage.arguments.seconds);
    let (mut parts, mut own) = (Vec::new(), Vec::new());
    for _ in 0..stage.arguments.rounds {
        let token = stage.users.add_many(MANY).await?;
        let (outcome, took) =
            tokio::try_join!(steady.run(span), revoke_sessions(server.port, &token))?;
        parts.push(outcome.latencies);
        own.push(took.as_secs_f64());
    }
    let beside = Sorted::joined(parts);
    report.add(
        &format!("{MANY} sessions of a user ended: others"),
        format!(
            "max {}, p99 {}",
            milliseconds(beside.quantile(1000)),
            milliseconds(beside.quantile(990))
        ),
        without(&calm),
    );
    report.add(
        &format!("{MANY} sessions of a user ended: the request"),
        milliseconds(Duration::from_secs_f64(median(own))),
        "",
    );
    Ok(())
}

/// `POST /revoke-sessions` of the user of `token`, and how long that took.
async fn revoke_sessions(port: u16, token: &str) -> Result<Duration> {
    let request = format!(
        "POST /api/revoke-sessions HTTP/1.1\r\nHost: localhost:8100\r\nOrigin: {ORIGIN}\r\nCookie: {}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
        cookie(token)
    );
    let mut connection = Connection::open(port).await?;
    tokio::time::sleep(AFTER).await;
    let begun = Instant::now();
    let answer = connection.ask(request.as_bytes()).await?;
    ensure!(answer.status == 200, "revoke-sessions: {}", answer.status);
    Ok(begun.elapsed())
}

/// A server starts on a database in which as many sessions have ended as there are users.
async fn clean_up(report: &mut Report, stage: &Stage<'_>, users: u64, calm: &Sorted) -> Result<()> {
    let before = stage.users.removed().await?;
    let begun = Instant::now();
    let settings = json!({"rateLimit": {"enabled": false}});
    let server = stage.serve(&settings).await?;
    let steady = stage.steady(&server, users).await?;
    let span = Duration::from_secs(stage.arguments.seconds);
    let (mut parts, mut p99) = (Vec::new(), Vec::new());
    let (mut removed, mut took) = (0, Duration::ZERO);
    while removed < users {
        let outcome = steady.run(span).await?;
        let now = stage.users.removed().await? - before;
        if now > removed {
            (removed, took) = (now, begun.elapsed());
        }
        ensure!(
            begun.elapsed() < took + PATIENCE,
            "of {users} sessions that have ended only {removed} were removed"
        );
        p99.push(quantile(&outcome, 990));
        parts.push(outcome.latencies);
    }
    let beside = Sorted::joined(parts);
    report.add(
        &format!("{} ended sessions removed: others", power(users)),
        format!(
            "max {}, p99 {}",
            milliseconds(beside.quantile(1000)),
            milliseconds(Duration::from_secs_f64(median(p99)))
        ),
        without(calm),
    );
    report.add(
        &format!("{} ended sessions removed: time", power(users)),
        format!("{:.0} s", took.as_secs_f64()),
        format!(
            "{} a row, pauses included",
            microseconds(took.div_f64(u64_to_f64(removed)))
        ),
    );
    let looks = [
        stage.users.time_look().await?,
        stage.users.time_look().await?,
    ];
    report.add(
        &format!("{} ended sessions removed: looks afterwards", power(users)),
        format!("first {}", milliseconds(looks[0])),
        format!(
            "then {}: past what is left of them in the index",
            milliseconds(looks[1])
        ),
    );
    Ok(())
}

fn without(calm: &Sorted) -> String {
    format!(
        "without it: max {}, p99 {}; goal: no request above 50 ms because of it",
        milliseconds(calm.quantile(1000)),
        milliseconds(calm.quantile(990))
    )
}

#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
fn u64_to_f64(number: u64) -> f64 {
    number as f64
}
