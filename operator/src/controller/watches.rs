//! What is watched, and which AuthBackend a change concerns.
//!
//! Everything but AuthBackends is watched by metadata only and not cached; of rare kinds it is remembered which objects
//! there are. The AuthBackends themselves are watched without a filter: the reconcile that follows a status write of our
//! own finds nothing to do and writes nothing, so it ends there; in return no change can be missed. Only while one fails, a
//! change of its status alone is no reason to try again: each try writes what the API server said, which may be another text
//! each time, and would start the next one at once.

use std::fmt::Debug;

use authbackend_crds::v1alpha1::AuthBackend;
use futures::future::ready;
use futures::stream::select_all;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{self, ObjectRef, Store, reflector};
use kube::runtime::{Controller, WatchStreamExt as _, watcher};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::{optional_watches, version};
use crate::backoff::Backoff;
use crate::context::{AuthBackends, Guarded, Watched};
use crate::labels;
use crate::metrics::Metrics;
use crate::names::MANAGER;
use crate::optional::Served;
use crate::presence::{Presence, Rare};
use crate::reconcile::references;

/// What `kubectl apply` keeps: the whole object as it was applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// One controller per namespace, or one for all if `namespaces` is empty, and the resources that they watch. `served` says
/// which optional APIs there are, `backoff` what fails; `presence` learns which objects of rare kinds there are.
pub fn controllers(
    client: &Client,
    namespaces: &[String],
    served: &watch::Receiver<Served>,
    presence: &Presence,
    metrics: &Metrics,
    backoff: &Backoff<ObjectRef<Guarded>>,
) -> (Vec<Controller<Guarded>>, AuthBackends) {
    let mut places: Vec<Option<&str>> = namespaces.iter().map(|it| Some(it.as_str())).collect();
    if places.is_empty() {
        places.push(None);
    }
    let controllers = places
        .into_iter()
        .map(|namespace| controller(client, namespace, served, presence, metrics, backoff));
    let (controllers, watched) = controllers.unzip();
    (controllers, AuthBackends(watched))
}

fn controller(
    client: &Client,
    namespace: Option<&str>,
    served: &watch::Receiver<Served>,
    presence: &Presence,
    metrics: &Metrics,
    backoff: &Backoff<ObjectRef<Guarded>>,
) -> (Controller<Guarded>, Watched) {
    // Any version will do for a start: the watch brings what is newer.
    let everything = watcher::Config::default().any_semantic();
    let ours = everything
        .clone()
        .labels(&format!("{}={MANAGER}", labels::MANAGED_BY));
    // Releases of Helm can be many and large, and nothing refers to them.
    let secrets = everything.clone().fields("type!=helm.sh/release.v1");
    // Of AuthBackends only the newest will do: what a predecessor put on record must not be overlooked, see
    // [`crate::claims`].
    let newest = watcher::Config::default();
    let (store, writer) = reflector::store();
    let (refusal, refused) = watch::channel(false);
    let watched = Watched {
        store: store.clone(),
        refused,
    };
    let (metrics, backoff) = (metrics.clone(), backoff.clone());
    let changes = watcher(api::<Guarded>(client, namespace), newest)
        .inspect(move |event| hear(event, &refusal, &metrics))
        .modify(strip);
    let changes = reflector(writer, changes)
        .applied_objects()
        .try_filter(move |guarded| ready(!is_failing(guarded, &backoff)));
    let main = Controller::for_stream(changes, store.clone());
    let place = optional_watches::Place {
        client,
        namespace,
        store: &store,
        presence,
    };
    let optional = optional_watches::triggers(place, served, &ours);
    let rare = select_all([
        rare::<PodDisruptionBudget>(client, namespace, &ours, presence).boxed(),
        rare::<HorizontalPodAutoscaler>(client, namespace, &ours, presence).boxed(),
        rare::<Ingress>(client, namespace, &ours, presence).boxed(),
        rare::<NetworkPolicy>(client, namespace, &ours, presence).boxed(),
    ]);
    let controller = main
        .reconcile_on(optional)
        .reconcile_on(rare)
        .owns(metadata::<ServiceAccount>(client, namespace), ours.clone())
        .owns(metadata::<ConfigMap>(client, namespace), ours.clone())
        .owns(metadata::<Service>(client, namespace), ours.clone())
        .owns(metadata::<StatefulSet>(client, namespace), ours.clone())
        .owns(metadata::<Job>(client, namespace), ours.clone())
        .owns(metadata::<Deployment>(client, namespace), ours)
        .watches(
            metadata::<Secret>(client, namespace),
            secrets,
            move |secret| referring(&store, &secret),
        );
    (controller, watched)
}

/// Whether the last try of what is in `guarded`, apart from its status, failed.
fn is_failing(guarded: &Guarded, backoff: &Backoff<ObjectRef<Guarded>>) -> bool {
    backoff.is_failing_with(&ObjectRef::from_obj(guarded), version(guarded.meta()))
}

/// Notes whether a list was refused: there is no right to it, or no such API.
fn hear(
    event: &watcher::Result<watcher::Event<Guarded>>,
    refusal: &watch::Sender<bool>,
    metrics: &Metrics,
) {
    let refused = match event {
        Err(watcher::Error::InitialListFailed(kube::Error::Api(status))) => {
            status.is_forbidden() || status.is_not_found()
        }
        // Each try begins so.
        Ok(watcher::Event::Init) | Err(_) => return,
        Ok(_) => false,
    };
    if refusal.send_replace(refused) != refused {
        metrics.set_namespace_refused(refused);
    }
}

/// Owners of the objects of a rare kind that change.
fn rare<K>(
    client: &Client,
    namespace: Option<&str>,
    ours: &watcher::Config,
    presence: &Presence,
) -> impl Stream<Item = ObjectRef<Guarded>> + Send + use<K>
where
    K: Rare + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let changes = watcher(metadata::<K>(client, namespace), ours.clone()).default_backoff();
    owners(presence.follow(&K::kind(&()), namespace, changes))
}

/// Owners of the objects that change.
pub(super) fn owners<K>(
    events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send,
) -> impl Stream<Item = ObjectRef<Guarded>> + Send
where
    K: Resource + Send,
{
    let touched = events.touched_objects();
    touched.filter_map(|object| async move {
        let object = object
            .inspect_err(|error| tracing::debug!(%error, "watch"))
            .ok()?;
        let namespace = object.meta().namespace.as_deref()?;
        let mut owners = object.meta().owner_references.iter().flatten();
        owners.find_map(|owner| ObjectRef::from_owner_ref(Some(namespace), owner, ()))
    })
}

/// Drops what is not read: most of what an AuthBackend takes in memory.
fn strip(guarded: &mut Guarded) {
    guarded.meta_mut().managed_fields = None;
    guarded.annotations_mut().remove(LAST_APPLIED);
}

/// The AuthBackends that refer to a Secret by name.
fn referring(
    store: &Store<Guarded>,
    secret: &PartialObjectMeta<Secret>,
) -> Vec<ObjectRef<Guarded>> {
    let (namespace, name) = (secret.namespace(), secret.name_any());
    let refers = |guarded: &Guarded| {
        let understood = guarded.0.as_ref();
        understood.is_ok_and(|auth_backend: &AuthBackend| {
            auth_backend.metadata.namespace == namespace
                && references::secrets(auth_backend).contains_key(&name)
        })
    };
    let referring = store.state().into_iter().filter(|guarded| refers(guarded));
    referring
        .map(|guarded| ObjectRef::from_obj(guarded.as_ref()))
        .collect()
}

fn metadata<K>(client: &Client, namespace: Option<&str>) -> Api<PartialObjectMeta<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug,
{
    api(client, namespace)
}

fn api<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}
