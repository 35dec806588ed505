//! Crashes of pods: all processes end at once, without a signal that they could answer to.
//!
//! `kubectl delete --force` alone is none: the pod is gone from the API while its processes still work, until the kubelet
//! has asked them to end and given them a second for it.

use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cluster::kubectl;
use crate::command::run;

/// Runs in a node: `$1` is the file in the control groups of the pod with the uid `$2`. Kubelets write the hyphens of a
/// uid as underscores where systemd keeps the groups.
const SET: &str = r#"
for group in $(find /sys/fs/cgroup -type d \( -name "*pod$2*" -o -name "*pod$(echo "$2" | tr - _)*" \) -prune); do
    echo 1 > "$group/$1"
    if [ "$1" = cgroup.kill ]; then
        while grep -qs "populated 1" "$group/cgroup.events"; do sleep 0.02; done
    fi
done
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
    // Frozen first, so that neither the kubelet's signal nor a restart comes before the end.
    for pod in pods {
        set(pod, "cgroup.freeze")?;
    }
    run(namespaced()?
        .args(["delete", "pods", "--grace-period=0", "--force"])
        .args(selection))?;
    for pod in pods {
        set(pod, "cgroup.kill")?;
    }
    Ok(())
}

/// Sets `file` in the control groups of `pod`, if it runs anywhere.
fn set(pod: &Value, file: &str) -> Result<()> {
    let Some(node) = pod["spec"]["nodeName"].as_str() else {
        return Ok(());
    };
    let uid = pod["metadata"]["uid"]
        .as_str()
        .context("a pod has no uid")?;
    let mut docker = Command::new("docker");
    docker.args(["exec", node, "sh", "-c", SET, "sh", file, uid]);
    run(&mut docker).map(drop)
}
