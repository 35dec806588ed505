//! Deletes what is not wanted any longer.

use std::fmt::Debug;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::Api;
use kube::api::{DeleteParams, Preconditions};
use serde::de::DeserializeOwned;

use super::Applier;
use crate::failure::Failure;
use crate::reconcile::plan::{Deletion, DeletionKind};

impl Applier<'_> {
    pub(super) async fn delete(&self, deletion: &Deletion) -> Result<(), Failure> {
        match deletion.kind {
            DeletionKind::Job => delete(&self.api::<Job>(), "Job", deletion).await,
            DeletionKind::ConfigMap => {
                delete(&self.api::<ConfigMap>(), "ConfigMap", deletion).await
            }
            DeletionKind::PodDisruptionBudget => {
                let api = self.api::<PodDisruptionBudget>();
                delete(&api, "PodDisruptionBudget", deletion).await
            }
            DeletionKind::HorizontalPodAutoscaler => {
                let api = self.api::<HorizontalPodAutoscaler>();
                delete(&api, "HorizontalPodAutoscaler", deletion).await
            }
            DeletionKind::Ingress => delete(&self.api::<Ingress>(), "Ingress", deletion).await,
            DeletionKind::NetworkPolicy => {
                delete(&self.api::<NetworkPolicy>(), "NetworkPolicy", deletion).await
            }
            DeletionKind::Optional(api) => delete(&self.optional(api), api.kind(), deletion).await,
        }
    }
}

async fn delete<K>(api: &Api<K>, kind: &str, deletion: &Deletion) -> Result<(), Failure>
where
    K: Clone + Debug + DeserializeOwned,
{
    let params = DeleteParams::background().preconditions(Preconditions {
        uid: Some(deletion.uid.clone()),
        resource_version: None,
    });
    match api.delete(&deletion.name, &params).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        // A conflict means that another one has its name by now, and is looked at again.
        Err(error) => Err(Failure::new("delete", kind, &deletion.name, &error)),
    }
}
