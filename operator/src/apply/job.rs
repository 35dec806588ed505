//! Migration Jobs: created and never changed.

use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt as _;
use kube::api::PostParams;

use super::Applier;
use crate::failure::Failure;
use crate::names::MANAGER;

impl Applier<'_> {
    /// Creates a Job. Its name says what it does, so that one of ours that exists is left as it is.
    pub(super) async fn create_job(&self, job: Option<Job>) -> Result<(), Failure> {
        let Some(job) = job else {
            return Ok(());
        };
        let name = job.name_any();
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        let Err(error) = self.api::<Job>().create(&params, &job).await else {
            tracing::info!(kind = "Job", name, "created");
            return Ok(());
        };
        let exists = matches!(&error, kube::Error::Api(status) if status.is_already_exists());
        if exists && self.has_created(&name).await? {
            return Ok(());
        }
        Err(Failure::new("create", "Job", &name, &error))
    }

    /// Whether the Job `name` is that of an earlier request, whose answer got lost. Somebody else's is an error: to wait for
    /// it would be to wait for nothing, and its end says nothing about the database. `false` for one that is about to go.
    async fn has_created(&self, name: &str) -> Result<bool, Failure> {
        let found = self.api::<Job>().get_opt(name).await;
        let found = found.map_err(|error| Failure::new("get", "Job", name, &error))?;
        let Some(found) = found.filter(|job| job.metadata.deletion_timestamp.is_none()) else {
            return Ok(false);
        };
        let owners = found.owner_references();
        if owners.iter().any(|owner| owner.uid == self.owner_uid) {
            return Ok(true);
        }
        let controller = owners.iter().find(|owner| owner.controller == Some(true));
        let owner = controller.map(|owner| format!("{} {}", owner.kind, owner.name));
        Err(Failure::foreign("Job", name, owner.as_deref()))
    }
}
