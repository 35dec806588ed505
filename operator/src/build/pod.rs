//! What all pods have in common: the rules of the restricted Pod Security Standard.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, EmptyDirVolumeSource, EnvVar, LocalObjectReference,
    PodSecurityContext, PodSpec, ResourceRequirements, SeccompProfile, SecurityContext, Volume,
    VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::Instance;
use crate::names;

/// User and group of the server's image.
pub const SERVER_USER: i64 = 65_532;
/// User and group of the Postgres image.
pub const POSTGRES_USER: i64 = 999;
/// Mode of mounted secrets: the pod's user and group read, others nothing.
pub const SECRET_MODE: i32 = 0o440;

/// A pod that meets the restricted Pod Security Standard, without containers. `user` is its user and group, where the cluster
/// does not assign them.
pub fn restricted(instance: &Instance, user: i64) -> PodSpec {
    let user = (!instance.assigned_user_ids).then_some(user);
    PodSpec {
        service_account_name: Some(names::server(&instance.name)),
        automount_service_account_token: Some(false),
        // Variables of Services collide with ours: a Service `database` would set DATABASE_PORT.
        enable_service_links: Some(false),
        image_pull_secrets: pull_secrets(instance),
        priority_class_name: instance.spec.priority_class_name.clone(),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: user,
            run_as_group: user,
            fs_group: user,
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..SeccompProfile::default()
            }),
            ..PodSecurityContext::default()
        }),
        ..PodSpec::default()
    }
}

fn pull_secrets(instance: &Instance) -> Option<Vec<LocalObjectReference>> {
    let reference = |name: &String| LocalObjectReference { name: name.clone() };
    let references: Vec<_> = instance.image_pull_secrets.iter().map(reference).collect();
    (!references.is_empty()).then_some(references)
}

/// A container that meets the restricted Pod Security Standard.
pub fn container(name: &str, image: &str) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        // What a process prints last says why it ended, where it wrote no message of its own.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                ..Capabilities::default()
            }),
            read_only_root_filesystem: Some(true),
            ..SecurityContext::default()
        }),
        ..Container::default()
    }
}

/// A container of the auth server's image.
pub fn server_container(instance: &Instance, name: &str, image: &str) -> Container {
    Container {
        image_pull_policy: instance
            .spec
            .image_pull_policy
            .map(|policy| policy.as_str().to_owned()),
        ..container(name, image)
    }
}

/// `chosen`, or requests of `cpu` and `memory` with memory limited to `limit`. CPU is never limited: throttling makes
/// sign-ins slow and saves nothing.
pub fn resources(
    chosen: Option<&ResourceRequirements>,
    [cpu, memory, limit]: [&str; 3],
) -> ResourceRequirements {
    let quantities = |pairs: &[(&str, &str)]| -> BTreeMap<String, Quantity> {
        let quantity = |&(key, value): &(&str, &str)| (key.to_owned(), Quantity(value.to_owned()));
        pairs.iter().map(quantity).collect()
    };
    chosen.cloned().unwrap_or_else(|| ResourceRequirements {
        requests: Some(quantities(&[("cpu", cpu), ("memory", memory)])),
        limits: Some(quantities(&[("memory", limit)])),
        ..ResourceRequirements::default()
    })
}

/// A literal variable.
pub fn variable(name: &str, value: impl Into<String>) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value.into()),
        ..EnvVar::default()
    }
}

/// A mount; `read_only` unless the process writes there.
pub fn mount(volume: &str, path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: volume.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    }
}

/// An empty directory that lives as long as the pod.
pub fn scratch(name: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource::default()),
        ..Volume::default()
    }
}
