//! `approve`: approves the plan of a migration that waits for it, or the removal of what is not used any longer.

use authbackend_crds::v1alpha1::{
    APPROVE_CONTRACT_ANNOTATION, APPROVE_MIGRATION_ANNOTATION, AuthBackendStatus, MigrationPhase,
};

use crate::args;
use crate::cluster::Cluster;
use crate::output::Screen;
use crate::plan;
use crate::problem::Problem;

/// Shows what is approved and sets the annotation to its hash: what has changed by then is not approved with it.
pub(crate) async fn run(
    cluster: &Cluster,
    options: &args::Approve,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let name = &options.name;
    let status = cluster.auth_backend(name).await?.status.unwrap_or_default();
    let (annotation, hash, shown) = if options.contract {
        let (hash, shown) = contract(&status).unzip();
        (APPROVE_CONTRACT_ANNOTATION, hash, shown)
    } else {
        let (hash, shown) = migration(&status, screen).unzip();
        (APPROVE_MIGRATION_ANNOTATION, hash, shown)
    };
    let (Some(hash), Some(shown)) = (hash, shown) else {
        return Err(Problem::State(format!(
            "nothing of {name} waits for an approval\nSee: kubectl authbackend status {name} -n {}",
            cluster.namespace
        )));
    };
    if let Some(expected) = options.plan.as_ref().filter(|plan| **plan != hash) {
        return Err(Problem::State(format!(
            "the plan is {hash} by now, not {expected}\nSee it: kubectl authbackend plan {name} -n {}",
            cluster.namespace
        )));
    }
    screen.line(&shown)?;
    cluster.annotate(name, annotation, &hash).await?;
    screen.line(&format!("authbackend/{name}: {hash} is approved"))
}

fn migration(status: &AuthBackendStatus, screen: &Screen<'_>) -> Option<(String, String)> {
    let migration = status.migration.as_ref()?;
    let plan = migration.plan.as_ref()?;
    let waits = migration.phase == MigrationPhase::AwaitingApproval;
    waits.then(|| (plan.hash.clone(), plan::steps(plan, screen).join("\n")))
}

fn contract(status: &AuthBackendStatus) -> Option<(String, String)> {
    let contract = status.contract.as_ref()?;
    let versions: Vec<String> = contract.versions.iter().map(ToString::to_string).collect();
    let shown = format!(
        "Removes what is not used any longer: migrations {}",
        versions.join(", ")
    );
    (contract.phase == MigrationPhase::AwaitingApproval).then(|| (contract.hash.clone(), shown))
}
