//! `retry`: asks for another try of a migration that failed.

use authbackend_crds::v1alpha1::{MigrationPhase, RETRY_MIGRATION_ANNOTATION};

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
    let migration = auth_backend.status.and_then(|status| status.migration);
    let phase = migration.map(|migration| migration.phase);
    if !matches!(
        phase,
        Some(MigrationPhase::Failed | MigrationPhase::RolledBack)
    ) {
        let phase = phase.map_or("there is none yet".to_owned(), |phase| {
            format!("the newest one is {phase:?}")
        });
        return Err(Problem::State(format!(
            "no migration of {name} has failed: {phase}\nSee: kubectl authbackend status {name} -n {}",
            cluster.namespace
        )));
    }
    let value = screen.now().to_string();
    cluster
        .annotate(name, RETRY_MIGRATION_ANNOTATION, &value)
        .await?;
    screen.line(&format!(
        "authbackend/{name}: asked for another try of the migration\nWatch it: kubectl authbackend logs {name} --migration --follow -n {}",
        cluster.namespace
    ))
}
