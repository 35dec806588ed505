//! Credentials as files: mounted Secrets follow a rotation without a restart, and appear in no environment.

use authbackend_crds::v1alpha1::{Connection, Database, SecretKeyRef, SslMode};
use k8s_openapi::api::core::v1::{
    EnvVar, KeyToPath, ProjectedVolumeSource, SecretProjection, Volume, VolumeMount,
    VolumeProjection,
};

use super::Instance;
use super::pod::{SECRET_MODE, mount, variable};
use crate::names;
use crate::reconcile::references::{self, URI_KEY};

const DATABASE_DIRECTORY: &str = "/etc/authbackend/database";
const SIGNING_DIRECTORY: &str = "/etc/authbackend/signing";
const SETTINGS_DIRECTORY: &str = "/etc/authbackend/secrets";

/// Variables, volume and mount that hand something over to a container.
pub struct Access {
    /// The variables.
    pub env: Vec<EnvVar>,
    /// The volume.
    pub volume: Volume,
    /// Where the container sees it.
    pub mount: VolumeMount,
}

/// Access to `database`.
pub fn database(instance: &Instance, database: &Database) -> Access {
    let (env, sources) = if let Some(connection) = &database.connection {
        parts(connection)
    } else {
        let managed = SecretKeyRef {
            name: names::postgres(&instance.name),
            key: URI_KEY.to_owned(),
        };
        let reference = references::url_of(database).unwrap_or(managed);
        let file = format!("{DATABASE_DIRECTORY}/url");
        let mut env = vec![variable("DATABASE_URL_FILE", file)];
        let mut sources = vec![file_of(&reference, "url")];
        if let Some(cluster) = &database.cnpg {
            env.push(variable("DATABASE_SSLMODE", SslMode::VerifyFull.as_str()));
            env.push(variable(
                "DATABASE_CA_FILE",
                format!("{DATABASE_DIRECTORY}/ca.crt"),
            ));
            sources.push(file_of(&cluster.ca_ref(), "ca.crt"));
        }
        (env, sources)
    };
    Access {
        env,
        volume: projected("database", sources),
        mount: mount("database", DATABASE_DIRECTORY, true),
    }
}

/// Access to `database` for a migration, which may have a role of its own.
pub fn migration(instance: &Instance, database: &Database) -> Access {
    let mut access = self::database(instance, database);
    let migration = instance.spec.migration.as_ref();
    let Some(own) = migration.and_then(|migration| migration.credentials.as_ref()) else {
        return access;
    };
    let file = "migration-password";
    let replaced = ["DATABASE_USER", "DATABASE_PASSWORD_FILE"];
    access
        .env
        .retain(|variable| !replaced.contains(&variable.name.as_str()));
    access.env.extend([
        variable("DATABASE_USER", &own.user),
        variable(
            "DATABASE_PASSWORD_FILE",
            format!("{DATABASE_DIRECTORY}/{file}"),
        ),
    ]);
    if let Some(projected) = access.volume.projected.as_mut() {
        let sources = projected.sources.get_or_insert_default();
        // The server's password is none of the migration's business.
        sources.retain(|source| !is_file(source, "password"));
        sources.push(file_of(&own.password_ref, file));
    }
    access
}

/// Whether `source` is the file `path`.
fn is_file(source: &VolumeProjection, path: &str) -> bool {
    let items = source.secret.iter().flat_map(|secret| &secret.items);
    items.flatten().any(|item| item.path == path)
}

/// Variables and files of a connection that is given in parts.
fn parts(connection: &Connection) -> (Vec<EnvVar>, Vec<VolumeProjection>) {
    let mut env = vec![
        variable("DATABASE_HOST", &connection.host),
        variable("DATABASE_PORT", connection.port().to_string()),
        variable("DATABASE_NAME", &connection.name),
        variable("DATABASE_USER", &connection.user),
        variable(
            "DATABASE_PASSWORD_FILE",
            format!("{DATABASE_DIRECTORY}/password"),
        ),
        variable("DATABASE_SSLMODE", connection.ssl_mode().as_str()),
    ];
    let mut sources = vec![file_of(&connection.password_ref, "password")];
    if let Some(ca) = &connection.ca_ref {
        env.push(variable(
            "DATABASE_CA_FILE",
            format!("{DATABASE_DIRECTORY}/ca.crt"),
        ));
        sources.push(file_of(ca, "ca.crt"));
    }
    (env, sources)
}

/// The signing secrets, each in a directory of its own.
pub fn signing(instance: &Instance) -> Access {
    let secrets = references::signing(&instance.spec, &instance.name);
    let files: Vec<String> = (0..secrets.len())
        .map(|index| format!("{SIGNING_DIRECTORY}/{index}/secret"))
        .collect();
    let sources = secrets
        .iter()
        .enumerate()
        .map(|(index, reference)| file_of(reference, &format!("{index}/secret")))
        .collect();
    Access {
        env: vec![variable("AUTH_SECRET_FILE", files.join(","))],
        volume: projected("signing", sources),
        mount: mount("signing", SIGNING_DIRECTORY, true),
    }
}

/// The keys that the settings refer to, each as the file `<Secret>/<key>`; `None` where they refer to none.
pub fn settings(references: &[SecretKeyRef]) -> Option<Access> {
    if references.is_empty() {
        return None;
    }
    let path = |reference: &SecretKeyRef| format!("{}/{}", reference.name, reference.key);
    let sources = references
        .iter()
        .map(|reference| file_of(reference, &path(reference)))
        .collect();
    Some(Access {
        env: vec![variable("AUTH_SECRETS_DIR", SETTINGS_DIRECTORY)],
        volume: projected("secrets", sources),
        mount: mount("secrets", SETTINGS_DIRECTORY, true),
    })
}

/// One key of a Secret as the only file in `directory`, which `env` names. Pods start without it, and see it when it comes.
pub fn late_file(name: &str, directory: &str, reference: &SecretKeyRef, env: &str) -> Access {
    let file = &reference.key;
    let mut source = file_of(reference, file);
    if let Some(secret) = source.secret.as_mut() {
        secret.optional = Some(true);
    }
    Access {
        env: vec![variable(env, format!("{directory}/{file}"))],
        volume: projected(name, vec![source]),
        mount: mount(name, directory, true),
    }
}

/// A projected volume: several Secrets in one directory.
fn projected(name: &str, sources: Vec<VolumeProjection>) -> Volume {
    Volume {
        name: name.to_owned(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(SECRET_MODE),
            sources: Some(sources),
        }),
        ..Volume::default()
    }
}

/// One key of a Secret as the file `path`.
fn file_of(reference: &SecretKeyRef, path: &str) -> VolumeProjection {
    VolumeProjection {
        secret: Some(SecretProjection {
            name: reference.name.clone(),
            items: Some(vec![KeyToPath {
                key: reference.key.clone(),
                path: path.to_owned(),
                ..KeyToPath::default()
            }]),
            ..SecretProjection::default()
        }),
        ..VolumeProjection::default()
    }
}
