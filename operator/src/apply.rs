//! Step 5: makes the cluster as planned.
//!
//! Only what differs is written, see [`ownership`]. Objects of others are never touched, whatever their name.

mod delete;
mod job;
mod ownership;
mod secret;
mod writes;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::writes::Writes;
use crate::failure::Failure;
use crate::labels;
use crate::names::MANAGER;
use crate::optional::OptionalApi;
use crate::reconcile::observed::Observed;
use crate::reconcile::plan::{Deletion, DeletionKind, GeneratedSecret, Resources};

/// Makes the cluster as planned; `observed` is what the plan was made from. The order is that of dependence: what is in the
/// way goes first, what pods refer to exists before them, and the server comes last. A write that fails stops only
/// those that depend on it; the first failure is the error.
pub async fn apply(
    client: &Client,
    observed: &Observed,
    resources: Resources,
    generate: &[GeneratedSecret],
    delete: &[Deletion],
) -> Result<(), Failure> {
    let applier = Applier::new(client, &observed.auth_backend);
    let mut writes = Writes::default();
    // One of them may have the name of the Job to create, or run in its place.
    for deletion in delete.iter().filter(|it| it.kind == DeletionKind::Job) {
        writes.note(applier.delete(deletion).await)?;
    }
    let applied = applier.apply_all(observed, resources, generate, &mut writes);
    let exposed = Box::pin(applied).await?;
    for deletion in delete {
        let goes = match deletion.kind {
            DeletionKind::Job => false,
            // A way in stays until whatever replaces it is there.
            DeletionKind::Ingress | DeletionKind::Optional(_) => exposed,
            DeletionKind::ConfigMap
            | DeletionKind::PodDisruptionBudget
            | DeletionKind::HorizontalPodAutoscaler
            | DeletionKind::NetworkPolicy => true,
        };
        if goes {
            writes.note(applier.delete(deletion).await)?;
        }
    }
    writes.into_result()
}

struct Applier<'a> {
    client: &'a Client,
    namespace: String,
    owner_uid: String,
}

/// What there should be of a managed database.
struct Database {
    service: Option<Service>,
    stateful_set: Option<StatefulSet>,
    network_policy: Option<NetworkPolicy>,
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

    /// Applies each of `resources` of which nothing that it depends on failed. Answers whether all ways in are as they
    /// should be.
    async fn apply_all(
        &self,
        observed: &Observed,
        resources: Resources,
        generate: &[GeneratedSecret],
        writes: &mut Writes,
    ) -> Result<bool, Failure> {
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
            pod_disruption_budget: budget,
            horizontal_pod_autoscaler: autoscaler,
            ingress,
            network_policy,
            postgres_network_policy,
            optional,
        } = resources;
        let live = observed.service_account.as_deref();
        let account = writes.note(self.apply(service_account, live).await)?;
        let settings = self.apply_config_map(config_map, &observed.config_maps);
        let settings = writes.note(settings.await)?;
        // What uses one is planned only once it is there.
        for generated in generate {
            writes.note(self.generate(generated).await)?;
        }
        for metadata in [signing_secret, postgres_secret] {
            let applied = self.apply_secret_metadata(metadata, &observed.secrets);
            writes.note(applied.await)?;
        }
        let database = Database {
            service: postgres_service,
            stateful_set: postgres_stateful_set.filter(|_| account),
            network_policy: postgres_network_policy,
        };
        Box::pin(self.apply_database(database, observed, writes)).await?;
        let live = observed.network_policy.as_deref();
        let policy = writes.note(self.apply(network_policy, live).await)?;
        let live = observed.service.as_deref();
        let service = writes.note(self.apply(service, live).await)?;
        // Without the policy that the spec asks for, new pods would run unprotected; with one of before they might not reach
        // what they need, and a migration that fails for that is not tried again. Those that run go on meanwhile.
        if account && settings && policy {
            writes.note(self.create_job(migration_job).await)?;
            let live = observed.deployment.as_deref();
            if writes.note(self.apply(deployment, live).await)? {
                let live = observed.horizontal_pod_autoscaler.as_deref();
                writes.note(self.apply(autoscaler, live).await)?;
            }
        }
        let live = observed.pod_disruption_budget.as_deref();
        writes.note(self.apply(budget, live).await)?;
        let live = observed.ingress.as_deref();
        let ingress = writes.note(self.apply(ingress, live).await)?;
        let optional = self.apply_optional(optional, observed, writes).await?;
        Ok(service && ingress && optional)
    }

    async fn apply_database(
        &self,
        database: Database,
        observed: &Observed,
        writes: &mut Writes,
    ) -> Result<(), Failure> {
        let live = observed.postgres_service.as_deref();
        writes.note(self.apply(database.service, live).await)?;
        // Before the pods that it concerns, and as for the server no pods without it.
        let live = observed.postgres_network_policy.as_deref();
        if writes.note(self.apply(database.network_policy, live).await)? {
            let live = observed.postgres_stateful_set.as_deref();
            writes.note(self.apply(database.stateful_set, live).await)?;
        }
        Ok(())
    }

    async fn apply_optional(
        &self,
        desired: BTreeMap<OptionalApi, DynamicObject>,
        observed: &Observed,
        writes: &mut Writes,
    ) -> Result<bool, Failure> {
        let mut all = true;
        for (api, desired) in desired {
            let live = observed.optional.get(&api).map(Arc::as_ref);
            let objects = self.optional(api);
            let applied = self.apply_by(&objects, api.kind(), &desired, live);
            all &= writes.note(applied.await)?;
        }
        Ok(all)
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
