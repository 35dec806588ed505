//! The server.

use authbackend_crds::v1alpha1::TopologySpread;
use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{
    Container, ContainerPort, HTTPGetAction, PodSpec, PodTemplateSpec, Probe,
    TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::pod::{self, SERVER_USER, variable};
use super::{Instance, Serving, config_map, credentials, environment, pod_template, tracing};
use crate::labels::{CONFIG_HASH, Component, SPEC_HASH};
use crate::names;
use crate::reconcile::hash;

/// Name of the container.
pub const CONTAINER: &str = "server";

/// Port of the API, named `http`.
pub const HTTP_PORT: u16 = 8100;
/// Port of probes and metrics, named `admin`.
pub const ADMIN_PORT: u16 = 8101;
/// Seconds between SIGTERM and the closed listener: time for every proxy to learn that the pod goes.
const SHUTDOWN_DELAY_SECONDS: u8 = 5;
/// Seconds between SIGTERM and SIGKILL: the delay, the server's drain limit of 25 s, and a margin.
const TERMINATION_GRACE_SECONDS: i64 = 40;
/// Seconds without progress after which a rollout counts as failed.
const PROGRESS_DEADLINE_SECONDS: i32 = 300;

/// Deployment of `serving`. `replicas` is left to an autoscaler where it is `None`.
pub fn build(instance: &Instance, serving: Serving<'_>, replicas: Option<i32>) -> Deployment {
    let mut spec = DeploymentSpec {
        selector: selector(instance),
        revision_history_limit: Some(3),
        progress_deadline_seconds: Some(PROGRESS_DEADLINE_SECONDS),
        strategy: Some(DeploymentStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(RollingUpdateDeployment {
                // No pod goes before its successor is ready: a pod that does not start takes nothing down.
                max_unavailable: Some(IntOrString::Int(0)),
                max_surge: Some(IntOrString::Int(1)),
            }),
        }),
        template: template(instance, serving),
        ..DeploymentSpec::default()
    };
    let spec_hash = hash::of(&spec);
    spec.replicas = replicas;
    let metadata = ObjectMeta {
        annotations: Some([(SPEC_HASH.to_owned(), spec_hash)].into()),
        ..instance.metadata(names::server(&instance.name), Component::Server)
    };
    Deployment {
        metadata,
        spec: Some(spec),
        ..Deployment::default()
    }
}

fn selector(instance: &Instance) -> LabelSelector {
    LabelSelector {
        match_labels: Some(instance.selector(Component::Server)),
        ..LabelSelector::default()
    }
}

fn template(instance: &Instance, serving: Serving<'_>) -> PodTemplateSpec {
    // Settings are read at start, so their change rolls the pods. Credential files are re-read: no hash of them.
    let config_hash = (CONFIG_HASH.to_owned(), serving.config_hash.to_owned());
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            annotations: Some([config_hash].into()),
            ..instance.pod_metadata(Component::Server)
        }),
        spec: Some(pod_spec(instance, serving)),
    };
    pod_template::applied(template, instance.spec.pod_template.as_ref(), CONTAINER)
}

fn pod_spec(instance: &Instance, serving: Serving<'_>) -> PodSpec {
    let mut access = vec![
        config_map::access(instance, serving.config_hash),
        credentials::database(instance, serving.database),
        credentials::signing(instance),
    ];
    access.extend(credentials::settings(serving.secret_refs));
    access.extend(tracing::access(instance));
    let mut own: Vec<_> = access
        .iter()
        .flat_map(|access| access.env.clone())
        .collect();
    own.push(variable(
        "SHUTDOWN_DELAY",
        SHUTDOWN_DELAY_SECONDS.to_string(),
    ));
    own.extend(tracing::variables(instance));
    let (volumes, mounts) = access
        .into_iter()
        .map(|access| (access.volume, access.mount))
        .unzip();
    PodSpec {
        termination_grace_period_seconds: Some(TERMINATION_GRACE_SECONDS),
        topology_spread_constraints: spread(instance),
        containers: vec![Container {
            args: Some(vec!["serve".to_owned()]),
            env: Some(environment::of(instance, own)),
            ports: Some(vec![port("http", HTTP_PORT), port("admin", ADMIN_PORT)]),
            resources: Some(pod::resources(
                instance.spec.resources.as_ref(),
                ["50m", "64Mi", "256Mi"],
            )),
            // Starts within a minute, else it is started again.
            startup_probe: Some(probe("/livez", 1, 60)),
            liveness_probe: Some(probe("/livez", 10, 3)),
            readiness_probe: Some(probe("/readyz", 5, 2)),
            volume_mounts: Some(mounts),
            ..pod::server_container(instance, CONTAINER, serving.image)
        }],
        volumes: Some(volumes),
        ..pod::restricted(instance, SERVER_USER)
    }
}

fn port(name: &str, number: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: number.into(),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }
}

fn probe(path: &str, period_seconds: i32, failure_threshold: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String("admin".to_owned()),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period_seconds),
        failure_threshold: Some(failure_threshold),
        timeout_seconds: Some(3),
        ..Probe::default()
    }
}

/// Spreads the pods of each revision as the spec says, else over hosts and zones, as far as there are any.
fn spread(instance: &Instance) -> Option<Vec<TopologySpreadConstraint>> {
    let over = |topology: &str| TopologySpread {
        topology_key: topology.to_owned(),
        ..TopologySpread::default()
    };
    let default = || {
        ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
            .map(over)
            .into()
    };
    let chosen = instance
        .spec
        .topology_spread
        .clone()
        .unwrap_or_else(default);
    let constraints = chosen.into_iter().map(|spread| TopologySpreadConstraint {
        max_skew: spread.max_skew.unwrap_or(1),
        topology_key: spread.topology_key,
        when_unsatisfiable: spread
            .when_unsatisfiable
            .unwrap_or_default()
            .as_str()
            .to_owned(),
        label_selector: Some(selector(instance)),
        match_label_keys: Some(vec!["pod-template-hash".to_owned()]),
        ..TopologySpreadConstraint::default()
    });
    Some(constraints.collect()).filter(|constraints: &Vec<_>| !constraints.is_empty())
}
