//! The fleet comes into being: rates, requests, processor time and memory.

use std::time::Duration;

use anyhow::Result;
use authbackend_testkit::ApiServer;

use super::fleet::{Fleet, Progress};
use super::process::{Counts, Operator};
use super::{Arguments, rest};
use crate::process::{child_of, usage};
use crate::report::{Report, kibibytes, mebibytes};
use crate::statistics::milliseconds;

/// The fleet is created. `alone` are the writes per second of the API server alone.
pub(super) async fn report_growth(
    report: &mut Report,
    server: &ApiServer,
    operator: &Operator,
    fleet: &Fleet,
    (count, alone): (usize, f64),
) -> Result<Progress> {
    let [etcd, apiserver] = server.guardians();
    let servers = [child_of(etcd)?, child_of(apiserver)?];
    let cpu_of_servers =
        || -> Result<Duration> { Ok(usage(servers[0])?.cpu + usage(servers[1])?.cpu) };
    let (empty, servers_before) = (operator.usage()?, cpu_of_servers()?);
    let growth = fleet.grow(0..count).await?;
    let counts = rest(operator).await?;
    let (full, servers_after) = (operator.usage()?, cpu_of_servers()?);
    report_requests(report, &growth, &counts, count, alone);
    let each = |after: Duration, before: Duration| -> Result<String> {
        Ok(milliseconds(
            after.saturating_sub(before) / u32::try_from(count)?,
        ))
    };
    report.add(
        "CPU of the operator per AuthBackend",
        each(full.cpu, empty.cpu)?,
        format!(
            "API server and etcd: {}",
            each(servers_after, servers_before)?
        ),
    );
    report.add(
        "memory of the operator per AuthBackend",
        kibibytes(full.resident.saturating_sub(empty.resident) / count as u64),
        format!(
            "at its peak: {}",
            kibibytes(full.peak.saturating_sub(empty.resident) / count as u64)
        ),
    );
    report.add(
        "memory of the operator",
        mebibytes(full.resident),
        format!(
            "empty: {}; peak: {}",
            mebibytes(empty.resident),
            mebibytes(full.peak)
        ),
    );
    Ok(growth)
}

/// The fleet grows on; returns the points of the whole growth.
pub(super) async fn report_many(
    report: &mut Report,
    operator: &Operator,
    fleet: &Fleet,
    (arguments, growth): (&Arguments, &Progress),
) -> Result<Vec<(f64, f64)>> {
    let more = fleet.grow(arguments.count..arguments.many).await?;
    rest(operator).await?;
    let usage = operator.usage()?;
    report.add(
        &format!("memory of the operator with {}", arguments.many),
        mebibytes(usage.resident),
        format!("peak: {}", mebibytes(usage.peak)),
    );
    #[expect(clippy::cast_precision_loss, reason = "a count of objects")]
    let before = arguments.count as f64;
    let seconds = growth.took().as_secs_f64();
    let shifted = |(x, y): (f64, f64)| (x + seconds, y + before);
    let more = more.points().into_iter().map(shifted);
    Ok(growth.points().into_iter().chain(more).collect())
}

fn report_requests(
    report: &mut Report,
    growth: &Progress,
    counts: &Counts,
    count: usize,
    alone: f64,
) {
    let seconds = growth.took().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of objects and requests")]
    let per = |number: u64, by: f64| number as f64 / by;
    let created = count as u64;
    report.add(
        "from create to all ready",
        format!("{seconds:.1} s"),
        format!("{:.1} AuthBackends/s", per(created, seconds)),
    );
    // The player writes the status of each Job and Deployment; each AuthBackend comes with a Secret.
    let all = counts.writes + 4 * created;
    report.add(
        "writes meanwhile, the operator's and all",
        format!(
            "{:.0}/s, {:.0}/s",
            per(counts.writes, seconds),
            per(all, seconds)
        ),
        format!("API server alone: {alone:.0}/s"),
    );
    #[expect(clippy::cast_precision_loss, reason = "a count of objects")]
    let objects = count as f64;
    report.add(
        "requests of the operator per AuthBackend",
        format!(
            "{:.1} writes, {:.1} reads",
            per(counts.writes, objects),
            per(counts.reads, objects)
        ),
        format!("{:.1} reconciles", per(counts.reconciles, objects)),
    );
}
