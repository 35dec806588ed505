//! `/get-session`: from the database and from memory, each beside better-auth and its limit.

use anyhow::{Context as _, Result};

use super::contestants::{Contestant, Programs};
use super::load::Connection;
use super::rounds::{Entry, Figures, Rounds};
use super::{CONNECTIONS, kratos};
use crate::report::Report;
use crate::statistics::milliseconds;

/// So many times better-auth, and so much of a bare server that runs the same query.
const FROM_DATABASE: (f64, f64) = (50.0, 0.8);

/// So many times better-auth, and so much of a bare server that answers a constant.
const IN_MEMORY: (f64, f64) = (150.0, 0.8);

/// Reports the rates at which sessions are read, and returns them.
pub async fn report(
    report: &mut Report,
    rounds: Rounds,
    programs: &Programs<'_>,
    [ours, better_auth, kratos]: [&Contestant; 3],
    cookies: &[String],
) -> Result<Vec<Figures>> {
    let length = answer_length(ours, cookies).await?;
    let tokens: Vec<&str> = cookies.iter().map(|it| token(it)).collect::<Result<_>>()?;
    let select = programs.bare(length, &tokens).await?;
    let bare = programs.bare(length, &[]).await?;
    let in_memory = programs.ours_in_memory().await?;
    let ask = |contestant| Entry {
        contestant,
        target: Contestant::get_session(contestant, cookies),
        connections: CONNECTIONS,
    };
    let whoami = Entry {
        contestant: kratos,
        target: kratos::whoami(kratos)?,
        connections: CONNECTIONS,
    };
    let mut entries = Vec::from([ours, &in_memory, better_auth, &select, &bare].map(ask));
    entries.push(whoami);
    let figures = rounds.play(&entries).await?;
    let [from_database, from_memory, peer, query, constant, kratos] = figures.as_slice() else {
        return Ok(figures);
    };
    add(
        report,
        from_database,
        &beside(from_database, peer, query, FROM_DATABASE),
    );
    add(
        report,
        from_memory,
        &beside(from_memory, peer, constant, IN_MEMORY),
    );
    for figures in [peer, kratos, query, constant] {
        add(report, figures, "");
    }
    in_memory.end()?;
    Ok(figures)
}

fn add(report: &mut Report, figures: &Figures, beside: &str) {
    report.add(
        &format!("/get-session: {}", figures.name),
        figures.shown(),
        format!(
            "{beside}p50 {}, p99 {}",
            milliseconds(figures.p50),
            milliseconds(figures.p99)
        ),
    );
}

fn beside(ours: &Figures, peer: &Figures, limit: &Figures, goals: (f64, f64)) -> String {
    let (times, share) = goals;
    format!(
        "{:.1} × {} (goal {times:.0}), {:.2} of {} (goal {share:.1}); ",
        ours.rate / peer.rate,
        peer.name,
        ours.rate / limit.rate,
        limit.name
    )
}

/// Bytes of the answer to `/get-session`.
async fn answer_length(ours: &Contestant, cookies: &[String]) -> Result<usize> {
    let target = ours.get_session(cookies);
    let mut connection = Connection::open(ours.port).await?;
    Ok(connection.ask(&target.next()).await?.length)
}

/// The token in the value of a signed cookie: what stands before the dot.
fn token(cookie: &str) -> Result<&str> {
    let value = cookie.split_once('=').map(|(_, value)| value);
    let token = value.and_then(|value| value.split('.').next());
    token.context("the session cookie has no token")
}
