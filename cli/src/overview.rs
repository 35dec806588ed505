//! `status NAME`: how an AuthBackend is, and what to do about it.

mod advice;
mod pods;
mod text;

use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendStatus, MigrationStatus};
use authbackend_operator::labels::{INSTANCE, NAME};
use authbackend_operator::reconcile::image;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;
use serde::Serialize;

use crate::cluster::Cluster;
use crate::output::{Format, Screen};
use crate::problem::Problem;
use pods::PodLine;

/// Most events that are shown: the newest.
const EVENTS: usize = 10;

/// How an AuthBackend is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    namespace: String,
    name: String,
    url: Option<String>,
    /// Whether the operator has seen the newest edit.
    is_observed: bool,
    suspended: bool,
    version: Versions,
    replicas: Replicas,
    migration: Option<MigrationStatus>,
    conditions: Vec<Condition>,
    pods: Vec<PodLine>,
    events: Vec<EventLine>,
    /// What to do about it.
    advice: Vec<String>,
}

/// What serves, and what shall.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Versions {
    current: Option<Release>,
    wanted: Option<Release>,
    schema: Option<i64>,
}

/// A release of the auth server.
#[derive(Eq, PartialEq, Serialize)]
pub(crate) struct Release {
    version: Option<String>,
    image: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Replicas {
    ready: i32,
    all: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventLine {
    last_seen: Option<Timestamp>,
    count: i32,
    #[serde(rename = "type")]
    type_: String,
    reason: String,
    note: String,
}

/// Prints how the AuthBackend `name` is.
pub(crate) async fn run(
    cluster: &Cluster,
    name: &str,
    format: Format,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let auth_backend = cluster.auth_backend(name).await?;
    let selector = format!("{NAME}=authbackend,{INSTANCE}={name}");
    let (pods, events) = futures::join!(cluster.pods(&selector), cluster.events(&auth_backend));
    let overview = Overview::new(&auth_backend, &pods?, events?);
    match format {
        Format::Text => text::print(&overview, screen),
        format => screen.value(&overview, format),
    }
}

impl Overview {
    pub(crate) fn new(auth_backend: &AuthBackend, pods: &[Pod], events: Vec<Event>) -> Self {
        let status = auth_backend.status.clone().unwrap_or_default();
        Self {
            namespace: auth_backend.namespace().unwrap_or_default(),
            name: auth_backend.name_any(),
            url: status.url.clone(),
            is_observed: status.observed_generation == auth_backend.metadata.generation,
            suspended: auth_backend.spec.suspend == Some(true),
            version: Versions::new(auth_backend, &status),
            replicas: Replicas {
                ready: status.ready_replicas.unwrap_or(0),
                all: status.replicas.unwrap_or(0),
            },
            advice: advice::about(auth_backend),
            migration: status.migration,
            conditions: status.conditions,
            pods: pods.iter().map(PodLine::new).collect(),
            events: event_lines(events),
        }
    }
}

impl Versions {
    fn new(auth_backend: &AuthBackend, status: &AuthBackendStatus) -> Self {
        let release = |image: &str| Release {
            version: image::version(image),
            image: Some(image.to_owned()),
        };
        let current = status
            .current
            .as_ref()
            .map(|current| release(&current.image));
        let spec = &auth_backend.spec;
        // Where the spec names neither, the operator's own release is wanted; it names it with the newest migration.
        let wanted = match (&spec.image, &spec.version, &status.migration) {
            (Some(image), _, _) => Some(release(image)),
            (None, Some(version), _) => Some(Release {
                version: Some(version.clone()),
                image: None,
            }),
            (None, None, Some(migration)) => Some(release(&migration.image)),
            (None, None, None) => None,
        };
        Self {
            current,
            wanted,
            schema: status
                .current
                .as_ref()
                .and_then(|current| current.schema_version),
        }
    }

    /// What is wanted and does not serve.
    fn pending(&self) -> Option<&Release> {
        let wanted = self.wanted.as_ref()?;
        let serves = self
            .current
            .as_ref()
            .is_some_and(|current| match &wanted.image {
                Some(_) => current.image == wanted.image,
                None => current.version == wanted.version,
            });
        (!serves).then_some(wanted)
    }
}

/// The newest events, the newest last.
fn event_lines(events: Vec<Event>) -> Vec<EventLine> {
    let mut lines: Vec<EventLine> = events.into_iter().map(event_line).collect();
    lines.sort_by_key(|line| line.last_seen);
    let older = lines.len().saturating_sub(EVENTS);
    lines.drain(..older);
    lines
}

fn event_line(event: Event) -> EventLine {
    let series = event.series.as_ref();
    let times = [
        series.map(|series| series.last_observed_time.0),
        event.event_time.as_ref().map(|time| time.0),
        event.deprecated_last_timestamp.as_ref().map(|time| time.0),
        event
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0),
    ];
    EventLine {
        last_seen: times.into_iter().flatten().max(),
        count: series
            .map(|series| series.count)
            .or(event.deprecated_count)
            .unwrap_or(1),
        type_: event.type_.unwrap_or_default(),
        reason: event.reason.unwrap_or_default(),
        note: event.note.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
