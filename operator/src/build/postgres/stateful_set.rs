//! The database server.

use authbackend_crds::v1alpha1::{DeletionPolicy, Managed};
use k8s_openapi::api::apps::v1::{
    StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec,
};
use k8s_openapi::api::core::v1::{
    Container, ContainerPort, EnvVar, ExecAction, Lifecycle, LifecycleHandler,
    PersistentVolumeClaim, PersistentVolumeClaimSpec, PodSpec, PodTemplateSpec, Probe,
    SecretVolumeSource, Volume, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::PORT;
use crate::build::Instance;
use crate::build::pod::{self, POSTGRES_USER, SECRET_MODE, mount, scratch, variable};
use crate::labels::{self, Component, POSTGRES_MAJOR};
use crate::names;
use crate::reconcile::database::MANAGED_NAME;
use crate::reconcile::references::PASSWORD_KEY;

/// Name of the container.
pub const CONTAINER: &str = "postgres";

const DATA_DIRECTORY: &str = "/var/lib/postgresql/data";
const CREDENTIALS_DIRECTORY: &str = "/etc/authbackend/postgres";
/// Seconds to write everything to disk after a stop was asked for.
const TERMINATION_GRACE_SECONDS: i64 = 60;

/// StatefulSet of one pod with its volume.
pub fn build(instance: &Instance, managed: &Managed) -> StatefulSet {
    let mut metadata = instance.metadata(names::postgres(&instance.name), Component::Postgres);
    metadata.annotations = instance
        .postgres_major
        .map(|major| [(POSTGRES_MAJOR.to_owned(), major.to_string())].into());
    StatefulSet {
        metadata,
        spec: Some(StatefulSetSpec {
            replicas: Some(1),
            service_name: Some(names::postgres(&instance.name)),
            selector: LabelSelector {
                match_labels: Some(instance.selector(Component::Postgres)),
                ..LabelSelector::default()
            },
            persistent_volume_claim_retention_policy: Some(retention(instance.deletion_policy())),
            volume_claim_templates: Some(vec![claim(instance, managed)]),
            template: PodTemplateSpec {
                metadata: Some(instance.pod_metadata(Component::Postgres)),
                spec: Some(pod_spec(instance, managed)),
            },
            ..StatefulSetSpec::default()
        }),
        ..StatefulSet::default()
    }
}

fn retention(policy: DeletionPolicy) -> StatefulSetPersistentVolumeClaimRetentionPolicy {
    let when_deleted = match policy {
        DeletionPolicy::Retain => "Retain",
        DeletionPolicy::Delete => "Delete",
    };
    StatefulSetPersistentVolumeClaimRetentionPolicy {
        when_deleted: Some(when_deleted.to_owned()),
        when_scaled: Some("Retain".to_owned()),
    }
}

/// Claim of the volume `data`. Its size cannot change later: the API keeps claim templates as they are.
fn claim(instance: &Instance, managed: &Managed) -> PersistentVolumeClaim {
    let storage = managed.storage.clone().unwrap_or_default();
    let size = storage.size.unwrap_or_else(|| Quantity("1Gi".to_owned()));
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some("data".to_owned()),
            labels: Some(labels::all(&instance.name, Component::Postgres)),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: storage.storage_class_name,
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), size)].into()),
                ..VolumeResourceRequirements::default()
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}

fn pod_spec(instance: &Instance, managed: &Managed) -> PodSpec {
    PodSpec {
        termination_grace_period_seconds: Some(TERMINATION_GRACE_SECONDS),
        containers: vec![Container {
            env: Some(environment()),
            ports: Some(vec![ContainerPort {
                name: Some("postgres".to_owned()),
                container_port: PORT,
                protocol: Some("TCP".to_owned()),
                ..ContainerPort::default()
            }]),
            resources: Some(pod::resources(
                managed.resources.as_ref(),
                ["50m", "128Mi", "512Mi"],
            )),
            // The first start makes the data directory, on a volume that may be slow: two minutes.
            startup_probe: Some(probe(2, 60)),
            liveness_probe: Some(probe(10, 6)),
            readiness_probe: Some(probe(5, 2)),
            lifecycle: Some(fast_stop()),
            volume_mounts: Some(vec![
                mount("data", DATA_DIRECTORY, false),
                mount("credentials", CREDENTIALS_DIRECTORY, true),
                mount("run", "/var/run/postgresql", false),
                mount("tmp", "/tmp", false),
            ]),
            ..pod::container(CONTAINER, &instance.postgres_image)
        }],
        volumes: Some(vec![credentials(instance), scratch("run"), scratch("tmp")]),
        ..pod::restricted(instance, POSTGRES_USER)
    }
}

/// The contract of the official image: role, password and database of the first start.
fn environment() -> Vec<EnvVar> {
    vec![
        variable("POSTGRES_USER", MANAGED_NAME),
        variable(
            "POSTGRES_PASSWORD_FILE",
            format!("{CREDENTIALS_DIRECTORY}/{PASSWORD_KEY}"),
        ),
        variable("POSTGRES_DB", MANAGED_NAME),
        // A directory below the mount: the mount's own root may hold `lost+found`.
        variable("PGDATA", format!("{DATA_DIRECTORY}/pgdata")),
    ]
}

fn credentials(instance: &Instance) -> Volume {
    Volume {
        name: "credentials".to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(names::postgres(&instance.name)),
            default_mode: Some(SECRET_MODE),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// Over TCP, because the first start answers on the socket before the role exists.
fn probe(period_seconds: i32, failure_threshold: i32) -> Probe {
    let command = [
        "pg_isready",
        "-h",
        "127.0.0.1",
        "-U",
        MANAGED_NAME,
        "-d",
        MANAGED_NAME,
    ];
    Probe {
        exec: Some(exec(&command)),
        period_seconds: Some(period_seconds),
        failure_threshold: Some(failure_threshold),
        timeout_seconds: Some(5),
        ..Probe::default()
    }
}

/// SIGINT ends sessions and stops cleanly; the SIGTERM that an image without STOPSIGNAL gets would wait for them.
fn fast_stop() -> Lifecycle {
    Lifecycle {
        pre_stop: Some(LifecycleHandler {
            exec: Some(exec(&["sh", "-c", "kill -INT 1"])),
            ..LifecycleHandler::default()
        }),
        ..Lifecycle::default()
    }
}

fn exec(command: &[&str]) -> ExecAction {
    ExecAction {
        command: Some(command.iter().map(|&part| part.to_owned()).collect()),
    }
}
