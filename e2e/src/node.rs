//! The nodes of the cluster: where pods run, and what a drain does to them.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cluster::kubectl;
use crate::command::{output_and_warnings, run};

/// Label of the nodes with the API server.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// The `nodeSelector` of a pod that runs beside the API server.
pub fn control_plane() -> Value {
    json!({CONTROL_PLANE: ""})
}

/// The `tolerations` of such a pod.
pub fn tolerations() -> Value {
    json!([{"key": CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"}])
}

/// The names of the nodes that run what is deployed.
pub fn workers() -> Result<Vec<String>> {
    let mut nodes = kubectl()?;
    nodes.args(["get", "nodes", "--output=name", "--selector"]);
    let names = run(nodes.arg(format!("!{CONTROL_PLANE}")))?;
    let name = |line: &str| line.trim_start_matches("node/").to_owned();
    Ok(names.lines().map(name).collect())
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
