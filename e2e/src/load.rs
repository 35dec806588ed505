//! The load of the tests under load: users who sign in and read their sessions, without pause and at a fixed rate,
//! from a pod next to the API. What it counts comes back through the pod's log.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cluster::Namespace;
use crate::command::run;
use crate::node;
use crate::wait::{Look, until};

/// The pod's name.
const POD: &str = "load";
/// How long the load may take to begin, and to report again.
const REPORT_LIMIT: Duration = Duration::from_secs(30);

/// What became of the requests so far: one line of JSON in the pod's log, every second.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    /// Seconds since the first counted request.
    pub seconds: f64,
    /// Sign-ins that succeeded.
    pub sign_ins: u64,
    /// Session reads that succeeded.
    pub sessions: u64,
    /// Requests without a good response. None is sent twice, not even on a kept connection that the server closed.
    pub failed: u64,
    /// The first of these, each with its second.
    pub failures: Vec<String>,
    /// The longest that a request took, in milliseconds.
    pub slowest_ms: u64,
    /// The cookie of the newest session.
    pub cookie: String,
}

impl Report {
    /// All requests that were answered, or failed.
    pub fn requests(&self) -> u64 {
        self.sign_ins + self.sessions + self.failed
    }

    /// Fails when a request failed.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.failed == 0,
            "{} of {} requests failed: {:#?}",
            self.failed,
            self.requests(),
            self.failures
        );
        Ok(())
    }
}

/// A load that runs.
pub struct Load<'a> {
    namespace: &'a Namespace,
}

impl<'a> Load<'a> {
    /// Starts the load on the API of a Service at `base_url`, and returns once it is being served. The pod knows the
    /// Service's address, so that no request depends on the cluster's DNS.
    pub fn start(
        namespace: &'a Namespace,
        image: &str,
        service: &str,
        base_url: &str,
    ) -> Result<Self> {
        let address = &namespace.get(&format!("service/{service}"))?["spec"]["clusterIP"];
        run(namespace
            .kubectl()?
            .args(["delete", "pod", POD, "--ignore-not-found", "--now"]))?;
        namespace.apply(&json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": POD},
            "spec": {
                // A drain of the nodes that serve leaves it alone.
                "nodeSelector": node::control_plane(),
                "tolerations": node::tolerations(),
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 0,
                "automountServiceAccountToken": false,
                "hostAliases": [{"ip": address, "hostnames": [service]}],
                "securityContext": {
                    "runAsNonRoot": true,
                    "runAsUser": 65532,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [{
                    "name": POD,
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "args": [base_url],
                    "securityContext": {
                        "allowPrivilegeEscalation": false,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }],
            },
        }))?;
        let load = Self { namespace };
        load.report_after(0.0)?;
        Ok(load)
    }

    /// What became of the requests up to now.
    pub fn report(&self) -> Result<Report> {
        let before = self.last()?.map_or(0.0, |report| report.seconds);
        // The report in the log may be a second old; the one after the next covers all up to now.
        self.report_after(before + 1.5)
    }

    /// Ends the load. Fails when a request failed.
    pub fn finish(self) -> Result<Report> {
        let report = self.report()?;
        run(self
            .namespace
            .kubectl()?
            .args(["delete", "pod", POD, "--now", "--wait=false"]))?;
        println!("load: {}", serde_json::to_string(&report)?);
        report.check()?;
        ensure!(
            report.sessions > 0 && report.sign_ins > 0,
            "nothing was requested"
        );
        Ok(report)
    }

    fn report_after(&self, seconds: f64) -> Result<Report> {
        until("report of the load", REPORT_LIMIT, || {
            Ok(match self.last()? {
                Some(report) if report.seconds > seconds => Look::Done(report),
                seen => Look::NotYet(format!("{seen:?}")),
            })
        })
    }

    fn last(&self) -> Result<Option<Report>> {
        let pod = self.namespace.get(&format!("pod/{POD}"))?;
        let phase = pod["status"]["phase"].as_str().unwrap_or_default();
        if phase == "Pending" {
            return Ok(None);
        }
        let mut logs = self.namespace.kubectl()?;
        let log = run(logs.args(["logs", POD, "--tail=1"]))?;
        ensure!(phase == "Running", "the load ended: {log}");
        let line = log.trim();
        if line.is_empty() {
            return Ok(None);
        }
        serde_json::from_str(line)
            .map(Some)
            .with_context(|| format!("the load says: {line}"))
    }
}
