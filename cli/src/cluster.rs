//! The cluster that is looked at.

use std::fmt::Debug;

use authbackend_crds::v1alpha1::AuthBackend;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::api::{ListParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::MANAGER;
use crate::args::Scope;
use crate::problem::Problem;

/// A namespace of a cluster.
pub(crate) struct Cluster {
    client: Client,
    /// The namespace.
    pub(crate) namespace: String,
}

impl Cluster {
    /// The cluster and the namespace of `scope`. Asks the API server nothing.
    pub(crate) async fn connect(scope: &Scope) -> Result<Self, Problem> {
        let options = KubeConfigOptions {
            context: scope.context.clone(),
            ..KubeConfigOptions::default()
        };
        let config = match &scope.kubeconfig {
            Some(path) => {
                let kubeconfig = Kubeconfig::read_from(path)?;
                Config::from_custom_kubeconfig(kubeconfig, &options).await?
            }
            None => match Config::from_kubeconfig(&options).await {
                Ok(config) => config,
                // In a pod, where there is no kubeconfig.
                Err(problem) => Config::incluster().map_err(|_| problem)?,
            },
        };
        let namespace = scope
            .namespace
            .clone()
            .unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config).map_err(|error| Problem::of(error, &namespace))?;
        Ok(Self { client, namespace })
    }

    /// An API of the namespace.
    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The AuthBackend `name`.
    pub(crate) async fn auth_backend(&self, name: &str) -> Result<AuthBackend, Problem> {
        let found = self.api().get(name).await;
        found.map_err(|error| Problem::of_auth_backend(error, &self.namespace, Some(name)))
    }

    /// All AuthBackends of the namespace, or of all namespaces, in order.
    pub(crate) async fn auth_backends(
        &self,
        everywhere: bool,
    ) -> Result<Vec<AuthBackend>, Problem> {
        let api: Api<AuthBackend> = if everywhere {
            Api::all(self.client.clone())
        } else {
            self.api()
        };
        let list = api.list(&ListParams::default()).await;
        let list = list.map_err(|error| Problem::of_auth_backend(error, &self.namespace, None))?;
        let mut found = list.items;
        found.sort_by_key(|item| (item.namespace(), item.name_any()));
        Ok(found)
    }

    /// The pods that `selector` selects, by name.
    pub(crate) async fn pods(&self, selector: &str) -> Result<Vec<Pod>, Problem> {
        let mut pods = self.list(&ListParams::default().labels(selector)).await?;
        pods.sort_by_key(Pod::name_any);
        Ok(pods)
    }

    /// The events about `auth_backend`.
    pub(crate) async fn events(&self, auth_backend: &AuthBackend) -> Result<Vec<Event>, Problem> {
        let uid = auth_backend.uid().unwrap_or_default();
        self.list(&ListParams::default().fields(&format!("regarding.uid={uid}")))
            .await
    }

    /// Gives the AuthBackend `name` the annotation.
    pub(crate) async fn annotate(&self, name: &str, key: &str, value: &str) -> Result<(), Problem> {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {key: value}}}));
        let params = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let written = self
            .api::<AuthBackend>()
            .patch_metadata(name, &params, &patch)
            .await;
        written
            .map(drop)
            .map_err(|error| Problem::of_auth_backend(error, &self.namespace, Some(name)))
    }

    async fn list<K>(&self, params: &ListParams) -> Result<Vec<K>, Problem>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned,
    {
        let list = self.api::<K>().list(params).await;
        list.map(|list| list.items)
            .map_err(|error| Problem::of(error, &self.namespace))
    }
}
