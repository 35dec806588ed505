//! The nodes of the cluster: where pods run, and what a drain does to them.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cluster::{kubectl, list};
use crate::command::{output_and_warnings, run};
use crate::wait::{Look, until};

/// Label of the nodes with the API server.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
/// How long a node may take to take pods: a kubelet reports every ten seconds.
const READY_LIMIT: Duration = Duration::from_mins(1);

/// The `nodeSelector` of a pod that runs beside the API server.
pub fn control_plane() -> Value {
    json!({CONTROL_PLANE: ""})
}

/// The `tolerations` of such a pod.
pub fn tolerations() -> Value {
    json!([{"key": CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"}])
}

/// The names of the nodes that run what is deployed, once pods may be scheduled on all of them.
pub fn workers() -> Result<Vec<String>> {
    until("nodes that take pods", READY_LIMIT, || {
        let nodes = list(kubectl()?, "nodes", &format!("!{CONTROL_PLANE}"))?;
        let refusing: Vec<_> = nodes.iter().filter(|node| !takes_pods(node)).collect();
        if !refusing.is_empty() {
            let seen = refusing.iter().map(|node| {
                let (name, spec) = (&node["metadata"]["name"], &node["spec"]);
                format!(
                    "{name} has {}, {}",
                    spec["taints"], node["status"]["conditions"]
                )
            });
            return Ok(Look::NotYet(seen.collect::<Vec<_>>().join("; ")));
        }
        let names = nodes
            .iter()
            .filter_map(|node| node["metadata"]["name"].as_str());
        Ok(Look::Done(names.map(str::to_owned).collect()))
    })
}

/// Whether the node is ready and nothing keeps pods off it: a kubelet that does not answer, a cordon that was left.
fn takes_pods(node: &Value) -> bool {
    let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    let conditions = node["status"]["conditions"].as_array();
    conditions.is_some_and(|conditions| conditions.iter().any(ready))
        && node["spec"]["taints"].is_null()
        && node["spec"]["unschedulable"].is_null()
}

/// A node that was drained; pods may run there again when this ends.
pub struct Drained(String);

impl Drained {
    /// Has every pod of the node evicted, and waits until they are gone. The second value is what the eviction had to
    /// wait for, as `kubectl` tells it.
    pub fn new(node: &str) -> Result<(Self, String)> {
        let drained = Self(node.to_owned());
        let mut drain = kubectl()?;
        drain.args(["drain", node, "--timeout=150s"]).args([
            "--ignore-daemonsets",
            "--delete-emptydir-data",
            // Also what no controller makes again, such as the pod of `helm test`.
            "--force",
        ]);
        let (_, waits) = output_and_warnings(&mut drain)?;
        Ok((drained, waits))
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let uncordoned = kubectl().and_then(|mut kubectl| run(kubectl.args(["uncordon", &self.0])));
        if let Err(error) = uncordoned {
            eprintln!("cannot uncordon {}: {error:#}", self.0);
        }
    }
}
