//! Memory of the auth server: just started, after all loads, and with many connections.

use std::time::Duration;

use anyhow::Result;

use super::contestants::Contestant;
use super::load::Connection;
use crate::report::{Report, mebibytes};

/// Connections that are held to measure memory.
const HELD: usize = 1000;

/// Longer than the auth server keeps memory to hash the next password in.
const QUIET: Duration = Duration::from_secs(15);

/// Reports it; `idle` is what the first one's was before the loads.
pub async fn report(
    report: &mut Report,
    contestants: [&Contestant; 3],
    cookies: &[String],
    idle: u64,
) -> Result<()> {
    report.add("memory, just started", mebibytes(idle), "goal 12 MiB");
    for contestant in contestants {
        let usage = contestant.process.usage()?;
        report.add(
            &format!("memory after the loads: {}", contestant.name),
            mebibytes(usage.resident),
            format!("peak {}", mebibytes(usage.peak)),
        );
    }
    let [ours, ..] = contestants;
    // What hashing needs is given back when nobody has signed in for a while.
    tokio::time::sleep(QUIET).await;
    report.add(
        "memory, quiet again",
        mebibytes(ours.process.usage()?.resident),
        "",
    );
    let target = ours.get_session(cookies);
    let mut held = Vec::with_capacity(HELD);
    for _ in 0..HELD {
        let mut connection = Connection::open(ours.port).await?;
        connection.ask(&target.next()).await?;
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
