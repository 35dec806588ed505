//! Step 5: makes the cluster as planned.
//!
//! Only what differs is written, see [`ownership`]. Objects of others are never touched, whatever their name.

mod delete;
mod ownership;
mod secret;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::labels;
use crate::names::MANAGER;
use crate::optional::OptionalApi;
use crate::reconcile::observed::Observed;
use crate::reconcile::plan::{Deletion, GeneratedSecret, Resources};

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
            ingress,
            network_policy,
            postgres_network_policy,
            optional,
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
        // Before the pods that they concern.
        self.apply(
            postgres_network_policy,
            observed.postgres_network_policy.as_deref(),
        )
        .await?;
        self.apply(network_policy, observed.network_policy.as_deref())
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
        self.apply(ingress, observed.ingress.as_deref()).await?;
        self.apply_optional(optional, observed).await
    }

    async fn apply_optional(
        &self,
        desired: BTreeMap<OptionalApi, DynamicObject>,
        observed: &Observed,
    ) -> Result<(), Failure> {
        for (api, desired) in desired {
            let live = observed.optional.get(&api).map(Arc::as_ref);
            self.apply_by(&self.optional(api), api.kind(), &desired, live)
                .await?;
        }
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
        self.apply_by(&self.api(), &K::kind(&()), &desired, live)
            .await
    }

    async fn apply_by<K>(
        &self,
        api: &Api<K>,
        kind: &str,
        desired: &K,
        live: Option<&K>,
    ) -> Result<(), Failure>
    where
        K: Resource + Clone + Debug + DeserializeOwned + Serialize,
    {
        let name = desired.name_any();
        if let Some(live) = live {
            self.refuse_foreign(kind, live.meta())?;
            match difference(desired, live) {
                None => return Ok(()),
                Some(field) => tracing::info!(kind, name, field, "differs, is applied"),
            }
        } else {
            tracing::info!(kind, name, "is missing, is created");
        }
        let applied = api.patch(&name, &params(), &Patch::Apply(desired)).await;
        applied
            .map(drop)
            .map_err(|error| Failure::new("apply", kind, &name, &error))
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

    fn optional(&self, api: OptionalApi) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &api.resource())
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
