//! How many writes the API server accepts from a client that does nothing else: the limit of every operator.

use std::time::Instant;

use anyhow::Result;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

/// Writes under way at once: as many as objects that the operator reconciles at once.
const CONCURRENCY: usize = authbackend_operator::controller::CONCURRENCY as usize;

/// Creates `writes` objects by server-side apply, of the size of a small Deployment, and returns writes per second.
pub async fn measure(client: &Client, writes: usize, name: &str) -> Result<f64> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let labels = json!({"bench": "write-rate"});
    let text = "x".repeat(4096);
    let start = Instant::now();
    stream::iter(0..writes)
        .map(|number| {
            let (api, labels, text) = (&api, &labels, &text);
            async move {
                let name = format!("write-rate-{name}-{number}");
                let object = json!({
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": {"name": name, "labels": labels}, "data": {"text": text},
                });
                let params = PatchParams::apply("bench").force();
                api.patch(&name, &params, &Patch::Apply(&object)).await
            }
        })
        .buffer_unordered(CONCURRENCY)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let rate = writes as f64 / start.elapsed().as_secs_f64();
    let ours = ListParams::default().labels("bench=write-rate");
    api.delete_collection(&DeleteParams::default(), &ours)
        .await?;
    Ok(rate)
}
