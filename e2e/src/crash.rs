//! Crashes of pods: all processes end at once, without a signal that they could answer to.
//!
//! `kubectl delete --force` alone is none: the pod is gone from the API while its processes still work, until the kubelet
//! has asked them to end and given them a second for it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::cluster::kubectl;
use crate::command::run;

/// Runs in a node: sends the signal `$1` to the processes of the pod with the uid `$2`, which are found in its control
/// groups, of either version. Kubelets write the hyphens of a uid as underscores where systemd keeps the groups.
const SIGNAL: &str = r#"
other=$(echo "$2" | tr - _)
pids=$(find /sys/fs/cgroup \( -path "*pod$2*" -o -path "*pod$other*" \) -name cgroup.procs -exec cat {} + | sort -u)
for pid in $pids; do
    kill -s "$1" "$pid"
    while [ "$1" = KILL ] && kill -0 "$pid"; do sleep 0.02; done
done
echo "$pids"
"#;

/// Ends the pods of `namespace` that `selection`, arguments of `kubectl`, names. None of their processes is left when this
/// returns, and none comes back under the name of its pod.
pub(crate) fn crash(namespace: &str, selection: &[&str]) -> Result<()> {
    let namespaced = || -> Result<Command> {
        let mut kubectl = kubectl()?;
        kubectl.args(["--namespace", namespace]);
        Ok(kubectl)
    };
    let listed = run(namespaced()?
        .args(["get", "pods", "--output=json"])
        .args(selection))?;
    let listed: Value = serde_json::from_str(&listed)?;
    let pods = listed["items"]
        .as_array()
        .map_or_else(|| std::slice::from_ref(&listed), Vec::as_slice);
    // Stopped first: they neither answer to the kubelet's signal nor end, which would have them started again.
    for pod in pods {
        let stopped = signal(pod, "STOP")?;
        ensure!(
            pod["status"]["phase"] != "Running" || !stopped.trim().is_empty(),
            "a pod that runs has no process: {pod}"
        );
    }
    run(namespaced()?
        .args(["delete", "pods", "--grace-period=0", "--force"])
        .args(selection))?;
    for pod in pods {
        signal(pod, "KILL")?;
    }
    Ok(())
}

/// Sends a signal to the processes of `pod`, if it runs anywhere. Returns which they were.
fn signal(pod: &Value, signal: &str) -> Result<String> {
    let Some(node) = pod["spec"]["nodeName"].as_str() else {
        return Ok(String::new());
    };
    let uid = pod["metadata"]["uid"]
        .as_str()
        .context("a pod has no uid")?;
    let mut docker = Command::new("docker");
    docker.args(["exec", node, "sh", "-c", SIGNAL, "sh", signal, uid]);
    run(&mut docker)
}
