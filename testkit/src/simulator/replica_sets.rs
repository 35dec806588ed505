//! Templates of Deployments are kept in ReplicaSets; these have no pods here.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;

/// Makes the ReplicaSet of the template, and gives it the annotations of the Deployment, as its controller does.
pub async fn keep_template(replica_sets: &Api<ReplicaSet>, deployment: &Deployment) {
    let (Some(spec), Some(uid)) = (&deployment.spec, deployment.uid()) else {
        return;
    };
    let mut hasher = DefaultHasher::new();
    let template = serde_json::to_string(&spec.template).unwrap();
    template.hash(&mut hasher);
    let hash = format!("{:x}", hasher.finish());
    let name = format!("{}-{hash}", deployment.name_any());
    let annotations = deployment.annotations();
    let mut template = json!(spec.template);
    template["metadata"]["labels"]["pod-template-hash"] = json!(hash);
    let mut selector = json!(spec.selector);
    selector["matchLabels"]["pod-template-hash"] = json!(hash);
    let set = serde_json::from_value(json!({
        "metadata": {
            "name": name, "labels": template["metadata"]["labels"], "annotations": annotations,
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "Deployment", "name": deployment.name_any(), "uid": uid, "controller": true,
            }],
        },
        "spec": {"replicas": spec.replicas, "selector": selector, "template": template},
    }));
    let params = PostParams::default();
    match replica_sets.create(&params, &set.unwrap()).await {
        Err(kube::Error::Api(status)) if status.is_already_exists() => {
            let patch = Patch::Merge(json!({"metadata": {"annotations": annotations}}));
            let params = PatchParams::default();
            // Whoever deleted it may have been faster.
            let _ = replica_sets.patch(&name, &params, &patch).await;
        }
        // The namespace ends.
        _ => {}
    }
}
