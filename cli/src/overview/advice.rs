//! What to do about an AuthBackend.

use authbackend_crds::v1alpha1::{AuthBackend, MigrationPhase};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;

use crate::retry;

/// What to do, step by step; nothing where nothing has to be done.
pub(super) fn about(auth_backend: &AuthBackend) -> Vec<String> {
    let name = auth_backend.name_any();
    let namespace = auth_backend.namespace().unwrap_or_default();
    let command = |verb: &str, options: &str| {
        format!("kubectl authbackend {verb} {name}{options} -n {namespace}")
    };
    let Some(status) = &auth_backend.status else {
        return vec![
            "the operator has not looked at it yet: see whether it runs, and whether it watches this namespace: \
             kubectl get pods -A -l app.kubernetes.io/name=authbackend-operator"
                .to_owned(),
        ];
    };
    let failed = status
        .migration
        .as_ref()
        .is_some_and(|migration| migration.phase == MigrationPhase::Failed);
    let mut steps = Vec::new();
    match reason(&status.conditions) {
        Some("MigrationFailed") if failed => {
            steps.push(format!(
                "see what it said: {}",
                command("logs", " --migration")
            ));
            steps.push(format!(
                "correct the cause, then try again: {}",
                command("retry", "")
            ));
            if let Some(current) = &status.current {
                steps.push(format!(
                    "or go back to the image that serves: {}",
                    current.image
                ));
            }
        }
        Some("AwaitingApproval") => {
            steps.push(format!("see what it would do: {}", command("plan", "")));
            steps.push(format!("approve it: {}", command("approve", "")));
        }
        Some("Migrating") => steps.push(format!(
            "watch it: {}",
            command("logs", " --migration --follow")
        )),
        Some("PodFailing" | "RolloutFailed") => {
            steps.push(format!("see what the pods say: {}", command("logs", "")));
            if retry::is_possible(status) {
                steps.push(format!(
                    "correct the spec, or try the same again: {}",
                    command("retry", "")
                ));
            }
        }
        Some("Suspended") => steps.push("set spec.suspend to false, and it goes on".to_owned()),
        _ => {}
    }
    steps
}

/// Why the AuthBackend is not ready.
fn reason(conditions: &[Condition]) -> Option<&str> {
    let ready = conditions
        .iter()
        .find(|condition| condition.type_ == "Ready")?;
    (ready.status != "True").then_some(ready.reason.as_str())
}
