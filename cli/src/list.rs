//! `status` without a name: a line for each AuthBackend.

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;
use serde_json::json;

use crate::cluster::Cluster;
use crate::output::{Format, Screen, Table, Tone, age};
use crate::problem::Problem;

/// Prints the AuthBackends of the namespace, or of all namespaces.
pub(crate) async fn run(
    cluster: &Cluster,
    everywhere: bool,
    format: Format,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let found = cluster.auth_backends(everywhere).await?;
    if format != Format::Text {
        return screen.value(
            &json!({"apiVersion": "v1", "kind": "List", "items": found}),
            format,
        );
    }
    if found.is_empty() {
        let place = if everywhere {
            "any namespace".to_owned()
        } else {
            format!("namespace {}", cluster.namespace)
        };
        return screen.line(&format!("No AuthBackends in {place}."));
    }
    screen.line(&table(&found, everywhere, screen).join("\n"))
}

fn table(found: &[AuthBackend], everywhere: bool, screen: &Screen<'_>) -> Vec<String> {
    let columns = [
        "NAMESPACE",
        "NAME",
        "READY",
        "AVAILABLE",
        "REASON",
        "VERSION",
        "MIGRATION",
        "REPLICAS",
        "AGE",
        "URL",
    ];
    let skipped = usize::from(!everywhere);
    let mut table = Table::new(&columns[skipped..]);
    for auth_backend in found {
        let status = auth_backend.status.clone().unwrap_or_default();
        let condition = |type_: &str| {
            let mut conditions = status.conditions.iter();
            conditions.find(|condition| condition.type_ == type_)
        };
        let state = |condition: Option<&Condition>| {
            let state = condition.map_or("Unknown", |condition| &condition.status);
            let tone = match state {
                "True" => Tone::Good,
                "False" => Tone::Bad,
                _ => Tone::Uncertain,
            };
            (tone, state.to_owned()).into()
        };
        let reason = condition("Ready").map(|condition| condition.reason.as_str());
        let current = status.current.as_ref();
        let version = current.map(|current| current.version.as_ref().unwrap_or(&current.image));
        let phase = status
            .migration
            .as_ref()
            .map(|migration| format!("{:?}", migration.phase));
        let replicas = format!(
            "{}/{}",
            status.ready_replicas.unwrap_or(0),
            status.replicas.unwrap_or(0)
        );
        let created = auth_backend.creation_timestamp();
        let mut row = vec![
            auth_backend.namespace().unwrap_or_default().into(),
            auth_backend.name_any().into(),
            state(condition("Ready")),
            state(condition("Available")),
            reason.unwrap_or_default().into(),
            version.cloned().unwrap_or_default().into(),
            phase.unwrap_or_default().into(),
            replicas.into(),
            created
                .map(|time| age(time.0, screen.now()))
                .unwrap_or_default()
                .into(),
            status.url.as_deref().unwrap_or_default().into(),
        ];
        table.row(row.split_off(skipped));
    }
    table.lines(screen, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backends() -> Vec<AuthBackend> {
        let yaml = "
- metadata: {name: blog, namespace: team-b, creationTimestamp: '2026-01-01T00:00:00Z'}
  spec: {baseURL: 'https://blog.example', database: {managed: {}}}
- metadata: {name: shop, namespace: team-a, creationTimestamp: '2025-12-01T00:00:00Z'}
  spec: {baseURL: 'https://shop.example/api', database: {managed: {}}}
  status:
    url: https://shop.example/api
    readyReplicas: 2
    replicas: 2
    current: {image: 'server:1.0.0', version: 1.0.0, databaseHash: x, database: {managed: {}}}
    migration: {hash: x, phase: Failed, image: 'server:1.1.0', databaseHash: x, database: {managed: {}}, job: j}
    conditions:
    - {type: Ready, status: 'False', reason: MigrationFailed, message: '', lastTransitionTime: '2026-01-01T00:00:00Z'}
    - {type: Available, status: 'True', reason: ServingPreviousVersion, message: '', lastTransitionTime: '2026-01-01T00:00:00Z'}
";
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn text(everywhere: bool) -> String {
        let mut out = Vec::new();
        let screen = Screen::at("2026-01-01T01:00:00Z", false, &mut out);
        table(&backends(), everywhere, &screen).join("\n")
    }

    #[test]
    fn each_is_a_line_with_what_its_state_is() {
        insta::assert_snapshot!(text(false));
    }

    #[test]
    fn of_all_namespaces_the_namespace_comes_first() {
        insta::assert_snapshot!(text(true));
    }
}
