//! Watches on optional APIs, which begin when an API appears and end when it goes.

use std::sync::Arc;

use futures::stream;
use futures::{Stream, StreamExt as _};
use kube::api::DynamicObject;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};
use tokio::sync::watch;

use super::watches::owners;
use crate::context::Guarded;
use crate::optional::{OptionalApi, Served};
use crate::presence::Presence;

/// Where it is watched, and who learns of it.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Watches.
    pub client: &'a Client,
    /// One namespace, or all.
    pub namespace: Option<&'a str>,
    /// The AuthBackends there.
    pub store: &'a Store<Guarded>,
    /// Learns which objects there are.
    pub presence: &'a Presence,
}

/// The AuthBackends that something of an optional API concerns: the owner of an object that changed, and everyone who asks
/// for an API that appears or goes.
pub fn triggers(
    place: Place<'_>,
    served: &watch::Receiver<Served>,
    ours: &watcher::Config,
) -> impl Stream<Item = ObjectRef<Guarded>> + Send + 'static {
    stream::select_all(OptionalApi::ALL.map(|api| {
        let objects = objects(place.client, place.namespace, api);
        let (store, ours) = (place.store.clone(), ours.clone());
        let (presence, namespace) = (place.presence.clone(), place.namespace.map(str::to_owned));
        let appearances = stream::unfold(served.clone(), move |mut served| async move {
            served.wait_for(|served| served.contains(&api)).await.ok()?;
            Some((served.clone(), served))
        });
        appearances
            .flat_map(move |mut served| {
                let gone = async move {
                    // An error means that nobody looks any longer: the process ends.
                    let _ = served.wait_for(|served| !served.contains(&api)).await;
                };
                let changes = if api == OptionalApi::Cluster {
                    clusters(objects.clone(), store.clone()).boxed()
                } else {
                    let changes = watcher(objects.clone(), ours.clone()).default_backoff();
                    owners(presence.follow(api.kind(), namespace.as_deref(), changes)).boxed()
                };
                let changes = changes.take_until(gone);
                asking(&store, api)
                    .chain(changes)
                    .chain(asking(&store, api))
                    .boxed()
            })
            .boxed()
    }))
}

/// Those who use a Cluster that changes. Clusters are not ours: all of them are watched.
fn clusters(
    objects: Api<PartialObjectMeta<DynamicObject>>,
    store: Store<Guarded>,
) -> impl Stream<Item = ObjectRef<Guarded>> + Send {
    let which = watcher::Config::default().any_semantic();
    let changes = watcher(objects, which).default_backoff().touched_objects();
    let changes = changes.filter_map(|cluster| async {
        cluster
            .inspect_err(|error| tracing::debug!(%error, "watch of an optional API"))
            .ok()
    });
    changes.flat_map(move |cluster| {
        let (namespace, name) = (cluster.namespace(), cluster.name_any());
        let uses = |guarded: &Arc<Guarded>| {
            guarded.0.as_ref().is_ok_and(|auth_backend| {
                let named = auth_backend.spec.database.cnpg.as_ref();
                auth_backend.metadata.namespace == namespace
                    && named.is_some_and(|cluster| cluster.name == name)
            })
        };
        let using = store.state().into_iter().filter(uses);
        let objects: Vec<_> = using
            .map(|guarded| ObjectRef::from_obj(guarded.as_ref()))
            .collect();
        stream::iter(objects)
    })
}

fn objects(
    client: &Client,
    namespace: Option<&str>,
    api: OptionalApi,
) -> Api<PartialObjectMeta<DynamicObject>> {
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &api.resource()),
        None => Api::all_with(client.clone(), &api.resource()),
    }
}

/// Everyone who asks for `api` at the time the stream is read.
fn asking(
    store: &Store<Guarded>,
    api: OptionalApi,
) -> impl Stream<Item = ObjectRef<Guarded>> + Send + use<> {
    let store = store.clone();
    stream::once(async move {
        let asks = |guarded: &Arc<Guarded>| {
            let understood = guarded.0.as_ref();
            understood.is_ok_and(|auth_backend| api.is_wanted(&auth_backend.spec))
        };
        let asking = store.state().into_iter().filter(asks);
        let objects: Vec<_> = asking
            .map(|guarded| ObjectRef::from_obj(guarded.as_ref()))
            .collect();
        stream::iter(objects)
    })
    .flatten()
}
