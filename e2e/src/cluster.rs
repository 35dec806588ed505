//! The cluster of `kind-config.yaml`, through `kubectl`, and a namespace of it for each test.

use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::command::{run, run_refused, run_with_input, tool};

/// The cluster's name in `kind-config.yaml`.
pub const NAME: &str = "authbackend";
/// The name of its entry in the kubeconfig.
pub const CONTEXT: &str = "kind-authbackend";

/// `kubectl` on the cluster, whatever the current context is.
pub fn kubectl() -> Result<Command> {
    let mut command = tool("kubectl")?;
    command.args(["--context", CONTEXT]);
    Ok(command)
}

/// The objects of a kind that have a label, where `kubectl` looks.
pub(crate) fn list(mut kubectl: Command, kind: &str, selector: &str) -> Result<Vec<Value>> {
    let text = run(kubectl.args(["get", kind, "--output=json", "--selector", selector]))?;
    let mut list: Value = serde_json::from_str(&text)?;
    let items = list["items"]
        .as_array_mut()
        .context("a list has no items")?;
    Ok(std::mem::take(items))
}

/// A namespace in which only pods of the restricted Pod Security profile may run.
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Runs a test in a new namespace, which is shown in full when the test fails, and deleted.
    pub fn with(name: &str, test: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        let namespace = Self {
            name: format!("e2e-{name}"),
        };
        run(kubectl()?.args([
            "delete",
            "namespace",
            namespace.name(),
            "--ignore-not-found",
        ]))?;
        namespace.ensure()?;
        let mut scope = Scope {
            namespace: &namespace,
            succeeded: false,
        };
        test(&namespace)?;
        scope.succeeded = true;
        Ok(())
    }

    /// A namespace that tests share and that stays for the next run.
    pub fn shared(name: &str) -> Result<Self> {
        let namespace = Self {
            name: format!("e2e-{name}"),
        };
        namespace.ensure()?;
        Ok(namespace)
    }

    /// A namespace that is there, and not the tests' own.
    pub fn existing(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }

    fn ensure(&self) -> Result<()> {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": self.name, "labels": {
                "pod-security.kubernetes.io/enforce": "restricted",
                "pod-security.kubernetes.io/warn": "restricted",
            }},
        });
        self.apply(&manifest)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `kubectl` in the namespace.
    pub fn kubectl(&self) -> Result<Command> {
        let mut command = kubectl()?;
        command.args(["--namespace", &self.name]);
        Ok(command)
    }

    /// Applies a manifest, or a `List` of them.
    pub fn apply(&self, manifest: &Value) -> Result<()> {
        let mut command = self.kubectl()?;
        command.args([
            "apply",
            "--server-side",
            "--force-conflicts",
            "--filename=-",
        ]);
        run_with_input(&mut command, &manifest.to_string()).map(drop)
    }

    /// Why the API server refuses a manifest.
    pub fn refusal(&self, manifest: &Value) -> Result<String> {
        let mut command = self.kubectl()?;
        command.args(["apply", "--server-side", "--filename=-"]);
        run_refused(&mut command, Some(&manifest.to_string()))
    }

    /// An object, as `authbackend/shop`, or all of a kind, as `pods`.
    pub fn get(&self, what: &str) -> Result<Value> {
        self.try_get(what)?
            .with_context(|| format!("there is no {what} in {}", self.name))
    }

    /// An object, where there is one.
    pub fn try_get(&self, what: &str) -> Result<Option<Value>> {
        let mut command = self.kubectl()?;
        let text = run(command.args(["get", what, "--output=json", "--ignore-not-found"]))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&text)?))
    }

    /// The objects of a kind that have a label.
    pub fn list(&self, kind: &str, selector: &str) -> Result<Vec<Value>> {
        list(self.kubectl()?, kind, selector)
    }

    /// Merges a patch into an object.
    pub fn patch(&self, what: &str, patch: &Value) -> Result<()> {
        let patch = patch.to_string();
        run(self
            .kubectl()?
            .args(["patch", what, "--type=merge", "--patch", &patch]))
        .map(drop)
    }

    /// Deletes an object and waits until it is gone.
    pub fn delete(&self, what: &str) -> Result<()> {
        run(self.kubectl()?.args(["delete", what, "--timeout=60s"])).map(drop)
    }

    /// `kubectl wait --for=…`, as users call it.
    pub fn wait(&self, what: &str, condition: &str, seconds: u32) -> Result<()> {
        let condition = format!("--for={condition}");
        let timeout = format!("--timeout={seconds}s");
        run(self.kubectl()?.args(["wait", what, &condition, &timeout])).map(drop)
    }

    /// A Secret with these values.
    pub fn secret(&self, name: &str, values: &[(&str, &str)]) -> Result<()> {
        let values: serde_json::Map<String, Value> = values
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        self.apply(&json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "stringData": values,
        }))
    }

    /// Everything that tells what happened: objects, their description, events and logs. Secrets are left out.
    pub fn describe(&self) -> Result<String> {
        let kinds = "authbackends,jobs,deployments,statefulsets,services,configmaps,pods";
        let mut text = run(kubectl()?.args(["get", "nodes", "--output=wide"]))?;
        for arguments in [
            &["get", kinds, "--output=wide"][..],
            &["describe", kinds],
            &["get", "events", "--sort-by=.lastTimestamp"],
            &[
                "get",
                "authbackends,jobs,deployments,configmaps,events.events.k8s.io",
                "--output=yaml",
            ],
        ] {
            text += &run(self.kubectl()?.args(arguments))?;
        }
        for pod in self.list("pods", "")? {
            let name = pod["metadata"]["name"]
                .as_str()
                .context("a pod has no name")?;
            // A container that never started has no log; the description says why.
            let mut logs = self.kubectl()?;
            let logs = run(logs.args(["logs", name, "--all-containers", "--tail=500"]));
            let heading = format!("--- log of {name}\n");
            text.extend([heading, logs.unwrap_or_default()]);
        }
        Ok(text)
    }
}

/// The time that a test takes in its namespace; ends with the test however that ends.
struct Scope<'a> {
    namespace: &'a Namespace,
    succeeded: bool,
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        let name = self.namespace.name();
        if !self.succeeded {
            match self.namespace.describe() {
                Ok(text) => eprintln!("--- namespace {name}\n{text}"),
                Err(error) => eprintln!("cannot show namespace {name}: {error:#}"),
            }
        }
        let deleted = kubectl().and_then(|mut kubectl| {
            run(kubectl.args(["delete", "namespace", name, "--wait=false"]))
        });
        if let Err(error) = deleted {
            eprintln!("cannot delete namespace {name}: {error:#}");
        }
    }
}
