//! Which image a managed database runs: never one that cannot read its data.

use k8s_openapi::api::apps::v1::StatefulSet;
use kube::ResourceExt as _;

use super::needs;
use crate::build::Instance;
use crate::labels::POSTGRES_MAJOR;
use crate::reconcile::image;
use crate::reconcile::observed::Observed;

/// `instance` with the image of its managed database: the one that the spec names, else the one that the database has. The
/// operator's default is for new ones: another release of it must not replace the only pod of each database.
///
/// # Errors
/// The spec names an image of another major version than the data is of.
pub fn with_image(mut instance: Instance, observed: &Observed) -> Result<Instance, Vec<String>> {
    let Some(managed) = &instance.spec.database.managed else {
        return Ok(instance);
    };
    let Some(live) = observed.postgres_stateful_set.as_deref() else {
        return Ok(instance);
    };
    instance.postgres_major = major(live);
    let Some(named) = &managed.image else {
        if let Some(live) = image_of(live) {
            live.clone_into(&mut instance.postgres_image);
        }
        return Ok(instance);
    };
    match (instance.postgres_major, image::postgres_major(named)) {
        (Some(has), Some(wants)) if has != wants => Err(vec![format!(
            "database.managed.image: {named} is Postgres {wants} and cannot read the data, which is of Postgres {has}: name an \
             image of Postgres {has}, or move the data to a second AuthBackend with pg_dump"
        )]),
        _ => Ok(instance),
    }
}

/// The major version of the data: as on record, else that of the image that has been ready first. Before that any image may be
/// named, so that one that does not start can be corrected.
fn major(live: &StatefulSet) -> Option<u32> {
    let recorded = live.annotations().get(POSTGRES_MAJOR);
    let recorded = recorded.and_then(|recorded| recorded.parse().ok());
    recorded.or_else(|| {
        let status = live.status.as_ref()?;
        let is_of_template = status.current_revision == status.update_revision
            && status.observed_generation >= live.metadata.generation;
        let image = image_of(live).filter(|_| is_of_template && needs::is_ready(live))?;
        image::postgres_major(image)
    })
}

fn image_of(live: &StatefulSet) -> Option<&str> {
    let pod = live.spec.as_ref()?.template.spec.as_ref()?;
    pod.containers.first()?.image.as_deref()
}
