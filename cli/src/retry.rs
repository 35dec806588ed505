//! `retry`: asks for another try of a migration that failed, or of a rollout that was taken back.

use authbackend_crds::v1alpha1::{AuthBackendStatus, MigrationPhase, RETRY_MIGRATION_ANNOTATION};

use crate::cluster::Cluster;
use crate::output::Screen;
use crate::problem::Problem;

/// Sets the annotation of the AuthBackend `name` to the time, which it did not have before.
pub(crate) async fn run(
    cluster: &Cluster,
    name: &str,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let auth_backend = cluster.auth_backend(name).await?;
    let status = auth_backend.status.unwrap_or_default();
    let phase = phase(&status);
    if !is_possible(&status) {
        let phase = phase.map_or("there is none yet".to_owned(), |phase| {
            format!("the newest one is {phase:?}")
        });
        return Err(Problem::State(format!(
            "no migration of {name} has failed, and no rollout was taken back: {phase}\nSee: kubectl authbackend status {name} -n {}",
            cluster.namespace
        )));
    }
    let value = screen.now().to_string();
    cluster
        .annotate(name, RETRY_MIGRATION_ANNOTATION, &value)
        .await?;
    if phase == Some(MigrationPhase::Succeeded) {
        return screen.line(&format!(
            "authbackend/{name}: asked for another try of the rollout\nWatch it: kubectl authbackend status {name} -n {}",
            cluster.namespace
        ));
    }
    screen.line(&format!(
        "authbackend/{name}: asked for another try of the migration\nWatch it: kubectl authbackend logs {name} --migration --follow -n {}",
        cluster.namespace
    ))
}

/// Whether something waits for another try.
pub(crate) fn is_possible(status: &AuthBackendStatus) -> bool {
    let migration = matches!(
        phase(status),
        Some(MigrationPhase::Failed | MigrationPhase::RolledBack)
    );
    migration || status.rejected.is_some()
}

fn phase(status: &AuthBackendStatus) -> Option<MigrationPhase> {
    let migration = status.migration.as_ref();
    migration.map(|migration| migration.phase)
}
