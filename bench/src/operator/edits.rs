//! From an edit of `spec` until the Deployment shows it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Patch, PatchParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::fleet::{Fleet, name};
use crate::statistics::Sorted;

/// Between two edits: far below what the operator can do, so that latency is measured and not a queue.
const PACE: Duration = Duration::from_millis(50);

/// Longest wait for the next Deployment.
const PATIENCE: Duration = Duration::from_secs(30);

/// What an edit waits for.
#[derive(Debug)]
pub struct Latencies {
    /// The answer to the edit.
    pub answered: Sorted,
    /// The Deployment as edited, seen by a watch.
    pub applied: Sorted,
}

/// Edits the first `edits` objects, one after the other.
pub async fn measure(client: &Client, fleet: &Fleet, edits: usize) -> Result<Latencies> {
    let api: Api<Deployment> = Api::all(client.clone());
    let changes = watcher(api, watcher::Config::default());
    let changes = changes.default_backoff().applied_objects().boxed();
    let (sent, answered) = tokio::sync::mpsc::unbounded_channel();
    let editing = async move {
        let mut pace = interval(PACE);
        // A late edit must not bring the next ones forward.
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut took = Vec::with_capacity(edits);
        for number in 0..edits {
            pace.tick().await;
            let start = Instant::now();
            sent.send((name(number), start))?;
            let patch = Patch::Merge(json!({"spec": {"replicas": 2}}));
            let params = PatchParams::default();
            fleet
                .api(number)
                .patch(&name(number), &params, &patch)
                .await?;
            took.push(start.elapsed());
        }
        Ok(took)
    };
    let (answered, applied): (Result<Vec<_>>, _) =
        tokio::join!(editing, watch(changes, answered, edits));
    Ok(Latencies {
        answered: Sorted::of(answered?),
        applied: Sorted::of(applied?),
    })
}

async fn watch(
    mut changes: impl futures::Stream<Item = watcher::Result<Deployment>> + Unpin,
    mut edited: tokio::sync::mpsc::UnboundedReceiver<(String, Instant)>,
    edits: usize,
) -> Result<Vec<Duration>> {
    let (mut started, mut took) = (HashMap::new(), Vec::with_capacity(edits));
    while took.len() < edits {
        let change = tokio::time::timeout(PATIENCE, changes.next()).await;
        let Ok(change) = change else {
            bail!("{} of {edits} edits are not applied", edits - took.len());
        };
        let now = Instant::now();
        while let Ok((name, start)) = edited.try_recv() {
            started.insert(name, start);
        }
        let Ok(found) = change.context("the watch ended")? else {
            continue;
        };
        let replicas = found.spec.as_ref().and_then(|spec| spec.replicas);
        if replicas == Some(2)
            && let Some(start) = started.remove(&found.name_any())
        {
            took.push(now - start);
        }
    }
    Ok(took)
}
