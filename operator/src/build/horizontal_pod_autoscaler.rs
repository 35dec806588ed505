//! Lets the number of pods follow the load.

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
    MetricTarget, ResourceMetricSource,
};

use super::Instance;
use crate::labels::Component;
use crate::names;

/// Average use of the requested CPU to aim at where none is given, in percent.
const DEFAULT_CPU_UTILIZATION: i32 = 80;

/// The autoscaler, or `None` where the number of pods is fixed.
pub fn build(instance: &Instance) -> Option<HorizontalPodAutoscaler> {
    let autoscaling = instance.spec.autoscaling.as_ref()?;
    let utilization = autoscaling
        .target_cpu_utilization
        .unwrap_or(DEFAULT_CPU_UTILIZATION);
    Some(HorizontalPodAutoscaler {
        metadata: instance.metadata(names::server(&instance.name), Component::Server),
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: names::server(&instance.name),
            },
            min_replicas: Some(autoscaling.min_replicas.unwrap_or(1)),
            max_replicas: autoscaling.max_replicas,
            metrics: Some(vec![MetricSpec {
                type_: "Resource".to_owned(),
                resource: Some(ResourceMetricSource {
                    name: "cpu".to_owned(),
                    target: MetricTarget {
                        type_: "Utilization".to_owned(),
                        average_utilization: Some(utilization),
                        ..MetricTarget::default()
                    },
                }),
                ..MetricSpec::default()
            }]),
            ..HorizontalPodAutoscalerSpec::default()
        }),
        ..HorizontalPodAutoscaler::default()
    })
}
