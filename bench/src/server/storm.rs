//! What a storm of sign-ins does to those who only read their session, and the reverse.

use std::time::Duration;

use anyhow::Result;

use super::contestants::Contestant;
use super::load::{Outcome, Target, closed, open};
use super::rounds::Rounds;
use super::{CONNECTIONS, OURS, SIGN_INS, THEIRS};
use crate::report::Report;
use crate::statistics::{median, milliseconds};

/// Requests per second at which latency is measured beside a storm of sign-ins.
const STEADY_RATE: u32 = 1000;

/// Connections over which they come.
const STEADY_CONNECTIONS: u32 = 16;

/// Reports both for one contestant.
pub async fn report(
    report: &mut Report,
    rounds: Rounds,
    contestant: &Contestant,
    cookies: &[String],
) -> Result<()> {
    let sessions = contestant.get_session(cookies);
    // better-auth has its limit below the rate that the auth server does not notice.
    let (email, rate) = match contestant.name {
        "better-auth" => (THEIRS, STEADY_RATE / 10),
        _ => (OURS, STEADY_RATE),
    };
    let sign_ins = contestant.sign_in(email);
    report_latency(
        report,
        rounds,
        contestant.name,
        (&sessions, rate),
        &sign_ins,
    )
    .await?;
    report_flood(report, rounds, contestant.name, &sessions, &sign_ins).await
}

/// Latency of `/get-session` without and with sign-ins that want all processors, in turn.
async fn report_latency(
    report: &mut Report,
    rounds: Rounds,
    name: &str,
    (sessions, rate): (&Target, u32),
    sign_ins: &Target,
) -> Result<()> {
    let span = rounds.span;
    let (mut calm, mut storm) = (Vec::new(), Vec::new());
    let p99 = |outcome: &Outcome| outcome.latencies.quantile(990).as_secs_f64();
    for _ in 0..rounds.number {
        calm.push(p99(&open(sessions, STEADY_CONNECTIONS, rate, span).await?));
        let (outcome, _) = tokio::try_join!(
            open(sessions, STEADY_CONNECTIONS, rate, span),
            closed(sign_ins, SIGN_INS, span)
        )?;
        storm.push(p99(&outcome));
    }
    let (calm, storm) = (median(calm), median(storm));
    let shown = |seconds| milliseconds(Duration::from_secs_f64(seconds));
    report.add(
        &format!("/get-session p99 while sign-ins saturate: {name}"),
        format!("{}, {:.1} ×", shown(storm), storm / calm),
        format!("{} without them, at {rate}/s; goal 2 ×", shown(calm)),
    );
    Ok(())
}

/// Rate of sign-ins without and with as many reads of sessions as the server answers, in turn: those who read must not
/// keep others from signing in.
async fn report_flood(
    report: &mut Report,
    rounds: Rounds,
    name: &str,
    sessions: &Target,
    sign_ins: &Target,
) -> Result<()> {
    let span = rounds.span;
    let (mut calm, mut flood) = (Vec::new(), Vec::new());
    for _ in 0..rounds.number {
        calm.push(closed(sign_ins, SIGN_INS, span).await?.rate());
        let (outcome, _) = tokio::try_join!(
            closed(sign_ins, SIGN_INS, span),
            closed(sessions, CONNECTIONS, span)
        )?;
        flood.push(outcome.rate());
    }
    let (calm, flood) = (median(calm), median(flood));
    report.add(
        &format!("/sign-in/email while reads of sessions saturate: {name}"),
        format!("{flood:.1}/s, {:.2} ×", flood / calm),
        format!("{calm:.1}/s without them"),
    );
    Ok(())
}
