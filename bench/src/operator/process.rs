//! The operator as a process of its own, and what it counts.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use kube::config::Kubeconfig;
use tempfile::TempDir;

use super::fleet::Fleet;
use crate::process::{Process, Usage, free_port};

/// How long the operator may take until it is in charge.
const START_LIMIT: Duration = Duration::from_mins(2);

/// A running operator.
#[derive(Debug)]
pub struct Operator {
    process: Process,
    port: u16,
    _folder: TempDir,
}

/// What an operator has done so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Requests that change something.
    pub writes: u64,
    /// Requests that read or list; watches do not count.
    pub reads: u64,
    /// Reconciles that ended well.
    pub reconciles: u64,
}

impl Operator {
    /// Starts the operator and waits until it is in charge of what exists.
    pub async fn start(program: &Path, kubeconfig: &Kubeconfig) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("kubeconfig.json");
        fs::write(&config, serde_json::to_string(kubeconfig)?)?;
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .arg("run")
            .args(["--server-image=server:1", "--postgres-image=postgres:17"])
            .args(["--pod-name=operator-0", "--pod-namespace=default"])
            .args(["--leader-election=false", "--log-level=warn"])
            .arg(format!(
                "--watch-namespaces={}",
                Fleet::namespaces().join(",")
            ))
            .arg(format!("--admin-listen-addr=127.0.0.1:{port}"))
            .env("KUBECONFIG", config)
            .stdin(Stdio::null());
        let operator = Self {
            process: Process::start(&mut command)?,
            port,
            _folder: folder,
        };
        let start = Instant::now();
        while operator.get("readyz").await.is_err() {
            ensure!(
                start.elapsed() < START_LIMIT,
                "the operator is not ready within {} s",
                START_LIMIT.as_secs()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(operator)
    }

    /// What it uses.
    pub fn usage(&self) -> Result<Usage> {
        self.process.usage()
    }

    /// What it has done so far.
    pub async fn counts(&self) -> Result<Counts> {
        Ok(parse(&self.get("metrics").await?))
    }

    async fn get(&self, path: &str) -> Result<String> {
        let url = format!("http://127.0.0.1:{}/{path}", self.port);
        let text = tokio::task::spawn_blocking(move || -> Result<String> {
            Ok(ureq::get(&url).call()?.body_mut().read_to_string()?)
        });
        text.await?
    }
}

/// Adds up the operator's counters.
fn parse(metrics: &str) -> Counts {
    let mut counts = Counts::default();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let Ok(value) = value.parse::<u64>() else {
            continue;
        };
        if series.starts_with("authbackend_operator_api_requests_total{") {
            match label(series, "verb") {
                Some("watch") | None => {}
                Some("get" | "list") => counts.reads += value,
                Some(_) => counts.writes += value,
            }
        } else if series.starts_with("authbackend_operator_reconciles_total{")
            && label(series, "result") == Some("done")
        {
            counts.reconciles += value;
        }
    }
    counts
}

fn label<'a>(series: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = series.split_once(&format!("{name}=\""))?;
    value.split('"').next()
}

#[cfg(test)]
mod tests {
    use authbackend_operator::metrics::{Metrics, Outcome, RequestLabels};

    use super::*;

    #[test]
    fn the_operators_own_metrics_are_understood() {
        let metrics = Metrics::default();
        let verbs = ["get", "list", "watch", "patch", "create", "delete"];
        for verb in verbs {
            metrics.request(&RequestLabels {
                resource: "jobs".to_owned(),
                verb: verb.to_owned(),
            });
        }
        metrics.reconciled(Outcome::Done, Duration::ZERO);
        metrics.reconciled(Outcome::Failed, Duration::ZERO);
        let expected = Counts {
            writes: 3,
            reads: 2,
            reconciles: 1,
        };
        assert_eq!(parse(&metrics.encode()), expected);
    }
}
