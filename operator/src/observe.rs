//! Step 1: reads everything that a plan is made from.
//!
//! Nothing but the AuthBackends themselves is cached: the watches on other kinds only say that something changed. So
//! memory grows with the number of AuthBackends alone, and a plan is made from what is, not from what a cache has
//! not yet heard. The price is eight small reads per reconcile, one more for each object of a kind that is rare
//! ([`crate::presence`]), and none at rest.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendSpec};
use futures::future::try_join_all;
use futures::try_join;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::{DynamicObject, ListParams};
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;

use crate::claims::Claims;
use crate::context::Context;
use crate::failure::Failure;
use crate::labels::{self, Component};
use crate::names;
use crate::optional::{OptionalApi, Served};
use crate::presence::{Presence, Rare};
use crate::reconcile::database;
use crate::reconcile::observed::{Observed, ObservedSecret, OtherAuthBackend};
use crate::reconcile::plan::needs_templates;
use crate::reconcile::references::{self, SecretUse};

/// Reads all that concerns `auth_backend`.
pub async fn observe(
    auth_backend: Arc<AuthBackend>,
    context: &Context,
) -> Result<Observed, Failure> {
    let name = auth_backend.name_any();
    let namespace = auth_backend.namespace().unwrap_or_default();
    let reader = Reader::new(context, &auth_backend.spec, namespace);
    let (server, postgres) = (names::server(&name), names::postgres(&name));
    let pods = format!("{}=authbackend,{}={name}", labels::NAME, labels::INSTANCE);
    let served = context.optional_apis.borrow().clone();
    let (secrets, (jobs, pods), config_maps, service_account, service, deployment, pdb, hpa) = try_join!(
        reader.secrets(references::secrets(&auth_backend)),
        reader.jobs_and_pods(labels::selector_text(&name, Component::Migration), pods),
        reader.list(labels::selector_text(&name, Component::Server)),
        reader.get(server.clone()),
        reader.get(server.clone()),
        reader.get::<Deployment>(server.clone()),
        reader.rare(server.clone()),
        reader.rare(server.clone()),
    )?;
    let (ingress, network_policy, optional) = try_join!(
        reader.rare(server.clone()),
        reader.rare(server.clone()),
        reader.optional(&name, &served),
    )?;
    // A managed database can be neither added nor removed later, so without it there is nothing of it.
    let (postgres_stateful_set, postgres_service, postgres_network_policy) =
        if auth_backend.spec.database.managed.is_some() {
            try_join!(
                reader.get::<StatefulSet>(postgres.clone()),
                reader.get::<Service>(postgres.clone()),
                reader.get::<NetworkPolicy>(postgres),
            )?
        } else {
            (None, None, None)
        };
    let replica_sets = reader
        .replica_sets(&auth_backend, deployment.as_deref())
        .await?;
    let object = ObjectRef::new(&name).within(&reader.namespace);
    let refusal = context.backoff.cause(&object);
    Ok(Observed {
        database_holder: database_holder(&auth_backend, &secrets, &context.claims).await,
        auth_backend,
        refusal,
        secrets,
        config_maps,
        service_account,
        service,
        deployment,
        replica_sets,
        pod_disruption_budget: pdb,
        horizontal_pod_autoscaler: hpa,
        ingress,
        network_policy,
        postgres_network_policy,
        served,
        optional,
        postgres_stateful_set,
        postgres_service,
        jobs,
        pods,
    })
}

struct Reader<'a> {
    client: Client,
    presence: &'a Presence,
    spec: &'a AuthBackendSpec,
    namespace: String,
}

impl<'a> Reader<'a> {
    fn new(context: &'a Context, spec: &'a AuthBackendSpec, namespace: String) -> Self {
        Self {
            client: context.client.clone(),
            presence: &context.presence,
            spec,
            namespace,
        }
    }

    /// One that the spec does not ask for is read only where it may exist.
    async fn rare<K>(&self, name: String) -> Result<Option<Arc<K>>, Failure>
    where
        K: Rare + Clone + Debug + DeserializeOwned,
    {
        let exists = || {
            self.presence
                .may_exist(&K::kind(&()), &self.namespace, &name)
        };
        if K::is_asked_for(self.spec) || exists() {
            return self.get(name).await;
        }
        Ok(None)
    }

    async fn get<K>(&self, name: String) -> Result<Option<Arc<K>>, Failure>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let found = self.api::<K>().get_opt(&name).await;
        found
            .map(|found| found.map(Arc::new))
            .map_err(|e| Failure::new("get", &K::kind(&()), &name, &e))
    }

    async fn list<K>(&self, selector: String) -> Result<Vec<Arc<K>>, Failure>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let found = self
            .api::<K>()
            .list(&ListParams::default().labels(&selector))
            .await;
        let found = found.map_err(|e| Failure::new("list", &K::kind(&()), &selector, &e))?;
        Ok(found.items.into_iter().map(Arc::new).collect())
    }

    /// The ReplicaSets of `deployment`, read after it, where a template may have to be put back.
    async fn replica_sets(
        &self,
        auth_backend: &AuthBackend,
        deployment: Option<&Deployment>,
    ) -> Result<Vec<Arc<ReplicaSet>>, Failure> {
        if !needs_templates(auth_backend, deployment) {
            return Ok(Vec::new());
        }
        let name = auth_backend.name_any();
        self.list(labels::selector_text(&name, Component::Server))
            .await
    }

    /// The objects of the APIs that are served; as with those that are rare.
    async fn optional(
        &self,
        instance: &str,
        served: &Served,
    ) -> Result<BTreeMap<OptionalApi, Arc<DynamicObject>>, Failure> {
        let named = served.iter().filter_map(|&api| {
            let name = api.object_name(self.spec, instance)?;
            let exists = || self.presence.may_exist(api.kind(), &self.namespace, &name);
            (api.is_wanted(self.spec) || exists()).then_some((api, name))
        });
        let found = named.map(|(api, name)| async move {
            let objects: Api<DynamicObject> =
                Api::namespaced_with(self.client.clone(), &self.namespace, &api.resource());
            let found = objects.get_opt(&name).await;
            let found = found.map_err(|e| Failure::new("get", api.kind(), &name, &e))?;
            Ok(found.map(|found| (api, Arc::new(found))))
        });
        Ok(try_join_all(found).await?.into_iter().flatten().collect())
    }

    /// Pods after Jobs: what the pod of a finished Job said was said before the Job ended, and must not be missed.
    async fn jobs_and_pods(
        &self,
        jobs: String,
        pods: String,
    ) -> Result<(Vec<Arc<Job>>, Vec<Arc<Pod>>), Failure> {
        Ok((self.list(jobs).await?, self.list(pods).await?))
    }

    async fn secrets(
        &self,
        uses: BTreeMap<String, SecretUse>,
    ) -> Result<BTreeMap<String, ObservedSecret>, Failure> {
        let found = uses.into_iter().map(|(name, use_)| self.secret(name, use_));
        Ok(try_join_all(found).await?.into_iter().flatten().collect())
    }

    /// Values are dropped here, before anything else gets to see the Secret.
    async fn secret(
        &self,
        name: String,
        use_: SecretUse,
    ) -> Result<Option<(String, ObservedSecret)>, Failure> {
        let found = self.api::<Secret>().get_opt(&name).await;
        let found = found.map_err(|error| Failure::new("get", "Secret", &name, &error))?;
        Ok(found.map(|secret| {
            let mut reduced = ObservedSecret::reduce(&secret, &use_.url_keys, &self.namespace);
            // Names of keys, no values: says which of the metadata is ours.
            reduced.metadata.managed_fields = secret.metadata.managed_fields;
            (name, reduced)
        }))
    }

    fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }
}

/// Whose the database is that `auth_backend` asks for, if it is somebody else's.
async fn database_holder(
    auth_backend: &AuthBackend,
    secrets: &BTreeMap<String, ObservedSecret>,
    claims: &Claims,
) -> Option<OtherAuthBackend> {
    let wanted = database::target_hash(auth_backend, secrets);
    claims.claim(auth_backend, wanted.as_deref()).await
}
