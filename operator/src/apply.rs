//! Step 5: makes the cluster as planned.
//!
//! Only what differs is written, see [`ownership`]. Objects of others are never touched, whatever their name.

mod ownership;
mod quantity;
mod secret;

use std::fmt::Debug;
use std::sync::Arc;

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::labels;
use crate::names::MANAGER;
use crate::reconcile::observed::Observed;
use crate::reconcile::plan::{Deletion, DeletionKind, GeneratedSecret, Resources};

/// Makes the cluster as planned; `observed` is what the plan was made from. The order is that of dependence: what pods
/// refer to exists before them, and the server comes last.
pub async fn apply(
    client: &Client,
    observed: &Observed,
    resources: Resources,
    generate: &[GeneratedSecret],
    delete: &[Deletion],
) -> Result<(), Failure> {
    let applier = Applier::new(client, &observed.auth_backend);
    Box::pin(applier.apply_all(observed, resources, generate)).await?;
    for deletion in delete {
        applier.delete(deletion).await?;
    }
    Ok(())
}

struct Applier<'a> {
    client: &'a Client,
    namespace: String,
    owner_uid: String,
}

/// The operator applies every field that it owns, even if somebody else owns it too: what is declared wins.
fn params() -> PatchParams {
    PatchParams::apply(MANAGER).force()
}

impl<'a> Applier<'a> {
    fn new(client: &'a Client, owner: &AuthBackend) -> Self {
        Self {
            client,
            namespace: owner.namespace().unwrap_or_default(),
            owner_uid: owner.uid().unwrap_or_default(),
        }
    }

    async fn apply_all(
        &self,
        observed: &Observed,
        resources: Resources,
        generate: &[GeneratedSecret],
    ) -> Result<(), Failure> {
        // Without `..`: a kind that is planned and not applied does not compile.
        let Resources {
            service_account,
            config_map,
            signing_secret,
            postgres_secret,
            postgres_service,
            postgres_stateful_set,
            migration_job,
            service,
            deployment,
            pod_disruption_budget,
            horizontal_pod_autoscaler,
        } = resources;
        self.apply(service_account, observed.service_account.as_deref())
            .await?;
        self.apply_config_map(config_map, &observed.config_maps)
            .await?;
        for generated in generate {
            self.generate(generated).await?;
        }
        self.apply_secret_metadata(signing_secret, &observed.secrets)
            .await?;
        self.apply_secret_metadata(postgres_secret, &observed.secrets)
            .await?;
        self.apply(postgres_service, observed.postgres_service.as_deref())
            .await?;
        self.apply(
            postgres_stateful_set,
            observed.postgres_stateful_set.as_deref(),
        )
        .await?;
        self.create_job(migration_job).await?;
        self.apply(service, observed.service.as_deref()).await?;
        self.apply(deployment, observed.deployment.as_deref())
            .await?;
        self.apply(
            pod_disruption_budget,
            observed.pod_disruption_budget.as_deref(),
        )
        .await?;
        self.apply(
            horizontal_pod_autoscaler,
            observed.horizontal_pod_autoscaler.as_deref(),
        )
        .await?;
        Ok(())
    }

    async fn apply<K>(&self, desired: Option<K>, live: Option<&K>) -> Result<(), Failure>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
        K: Clone + Debug + DeserializeOwned + Serialize,
    {
        let Some(desired) = desired else {
            return Ok(());
        };
        let (kind, name) = (K::kind(&()), desired.name_any());
        if let Some(live) = live {
            self.refuse_foreign(&kind, live.meta())?;
            match difference(&desired, live) {
                None => return Ok(()),
                Some(field) => tracing::info!(%kind, name, field, "differs, is applied"),
            }
        } else {
            tracing::info!(%kind, name, "is missing, is created");
        }
        let applied = self
            .api::<K>()
            .patch(&name, &params(), &Patch::Apply(&desired))
            .await;
        applied
            .map(drop)
            .map_err(|error| Failure::new("apply", &kind, &name, &error))
    }

    /// One that is not among `observed`, which were found by their labels, may still exist: without our labels, or as
    /// somebody else's.
    async fn apply_config_map(
        &self,
        desired: Option<ConfigMap>,
        observed: &[Arc<ConfigMap>],
    ) -> Result<(), Failure> {
        let Some(desired) = desired else {
            return Ok(());
        };
        let name = desired.name_any();
        if let Some(live) = observed.iter().find(|live| live.name_any() == name) {
            return self.apply(Some(desired), Some(live.as_ref())).await;
        }
        let found = self.api::<ConfigMap>().get_opt(&name).await;
        let found = found.map_err(|e| Failure::new("get", "ConfigMap", &name, &e))?;
        self.apply(Some(desired), found.as_ref()).await
    }

    /// A Job is created and never changed: its name says what it does.
    async fn create_job(&self, job: Option<Job>) -> Result<(), Failure> {
        let Some(job) = job else {
            return Ok(());
        };
        let name = job.name_any();
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        match self.api::<Job>().create(&params, &job).await {
            Ok(_) => {
                tracing::info!(kind = "Job", name, "created");
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
            Err(error) => Err(Failure::new("create", "Job", &name, &error)),
        }
    }

    async fn delete(&self, deletion: &Deletion) -> Result<(), Failure> {
        match deletion.kind {
            DeletionKind::Job => self.delete_one::<Job>(deletion).await,
            DeletionKind::ConfigMap => self.delete_one::<ConfigMap>(deletion).await,
            DeletionKind::PodDisruptionBudget => {
                self.delete_one::<PodDisruptionBudget>(deletion).await
            }
            DeletionKind::HorizontalPodAutoscaler => {
                self.delete_one::<HorizontalPodAutoscaler>(deletion).await
            }
        }
    }

    async fn delete_one<K>(&self, deletion: &Deletion) -> Result<(), Failure>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
        K: Clone + Debug + DeserializeOwned,
    {
        let params = DeleteParams::background().preconditions(Preconditions {
            uid: Some(deletion.uid.clone()),
            resource_version: None,
        });
        match self.api::<K>().delete(&deletion.name, &params).await {
            Ok(_) => Ok(()),
            // It is gone, or another one has its name by now.
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {
                Ok(())
            }
            Err(error) => Err(Failure::new(
                "delete",
                &K::kind(&()),
                &deletion.name,
                &error,
            )),
        }
    }

    /// An object with our labels and without a controller is one that was kept when its AuthBackend was deleted.
    fn refuse_foreign(&self, kind: &str, metadata: &ObjectMeta) -> Result<(), Failure> {
        let mut owners = metadata.owner_references.iter().flatten();
        let controller = owners.find(|owner| owner.controller == Some(true));
        let ours = if let Some(owner) = controller {
            owner.uid == self.owner_uid
        } else {
            let labels = metadata.labels.as_ref();
            labels
                .and_then(|labels| labels.get(labels::MANAGED_BY))
                .is_some_and(|manager| manager == MANAGER)
        };
        if ours {
            return Ok(());
        }
        let owner = controller.map(|owner| format!("{} {}", owner.kind, owner.name));
        let name = metadata.name.as_deref().unwrap_or_default();
        Err(Failure::foreign(kind, name, owner.as_deref()))
    }

    fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }
}

fn difference<K: Resource + Serialize>(desired: &K, live: &K) -> Option<String> {
    match (serde_json::to_value(desired), serde_json::to_value(live)) {
        (Ok(desired), Ok(live_json)) => {
            ownership::first_difference(&desired, &live_json, live.meta(), MANAGER)
        }
        // Then the server compares.
        _ => Some("not comparable".to_owned()),
    }
}
