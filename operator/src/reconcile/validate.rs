//! From a resource as the API server stores it to an [`Instance`] that objects can be made from.
//!
//! The schema refuses most mistakes at admission. An object that was admitted under an older schema, or by a server
//! without these rules, is refused here with all of its problems.

mod amounts;
mod lists;

use authbackend_crds::auth::AuthSettings;
use authbackend_crds::v1alpha1::{AuthBackend, AuthBackendSpec, Database, is_reserved_variable};
use kube::{Resource as _, ResourceExt as _};

use super::{hash, image};
use crate::build::pod_template::guard;
use crate::build::{Instance, Settings};
use crate::config::OperatorConfig;

/// Checks `auth_backend`; the error lists every problem, each with the path of its field and the remedy.
pub fn validate(
    auth_backend: &AuthBackend,
    config: &OperatorConfig,
) -> Result<Instance, Vec<String>> {
    let spec = &auth_backend.spec;
    let mut problems = problems_of(spec);
    let settings = settings(spec).map_err(|problem| problems.push(problem));
    let owner = auth_backend.controller_owner_ref(&());
    if owner.is_none() {
        problems
            .push("metadata.uid: is missing, the object was not read from a cluster".to_owned());
    }
    let (Ok(settings), Some(owner), true) = (settings, owner, problems.is_empty()) else {
        return Err(problems);
    };
    let managed = spec.database.managed.as_ref();
    Ok(Instance {
        name: auth_backend.name_any(),
        namespace: auth_backend.namespace().unwrap_or_default(),
        owner,
        image: image::of(spec, &config.server_image),
        postgres_image: managed
            .and_then(|managed| managed.image.clone())
            .unwrap_or_else(|| config.postgres_image.clone()),
        postgres_major: None,
        image_pull_secrets: image_pull_secrets(spec, config),
        assigned_user_ids: config.assigned_user_ids,
        settings,
        spec: spec.clone(),
    })
}

/// Those of the spec, then those of the operator's installation, each once.
fn image_pull_secrets(spec: &AuthBackendSpec, config: &OperatorConfig) -> Vec<String> {
    let chosen = spec.image_pull_secrets.iter().flatten();
    let chosen = chosen.map(|secret| &secret.name);
    let mut names: Vec<String> = Vec::new();
    for name in chosen.chain(&config.image_pull_secrets) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn problems_of(spec: &AuthBackendSpec) -> Vec<String> {
    let mut problems = Vec::new();
    if !is_base_url(&spec.base_url) {
        problems.push(
            "baseURL: must look like https://host, https://host:port or https://host/path"
                .to_owned(),
        );
    }
    if databases(&spec.database) != 1 {
        problems.push(
            "database: set exactly one of secretRef, connection, cnpg and managed".to_owned(),
        );
    }
    if spec.replicas.is_some() && spec.autoscaling.is_some() {
        problems.push("replicas and autoscaling exclude each other: remove one of them".to_owned());
    }
    if spec.image.is_some() && spec.version.is_some() {
        problems.push(
            "image and version exclude each other: image names the version already".to_owned(),
        );
    }
    if spec.secret_refs.as_ref().is_some_and(Vec::is_empty) {
        problems.push("secretRefs: must name a Secret, or be left out".to_owned());
    }
    let names = spec.env.iter().flatten().map(|variable| &variable.name);
    problems.extend(
        names
            .filter(|name| is_reserved_variable(name))
            .map(|name| format!("env[{name}]: is set by the operator: use another name")),
    );
    problems.extend(lists::problems(spec));
    problems.extend(amounts::problems(spec));
    problems.extend(exposure(spec));
    if spec.monitoring.as_ref().is_some_and(|monitoring| {
        monitoring.pod_monitor.is_some() && monitoring.service_monitor.is_some()
    }) {
        problems.push(
            "monitoring: podMonitor and serviceMonitor would scrape each pod twice: remove one of them"
                .to_owned(),
        );
    }
    problems.extend(spec.pod_template.iter().flat_map(guard::problems));
    let settings = spec.auth.iter().flat_map(AuthSettings::validate);
    problems.extend(settings.map(|problem| format!("auth.{problem}")));
    problems
}

/// What the exposure needs of the base URL.
fn exposure(spec: &AuthBackendSpec) -> Option<String> {
    let exposure = spec.exposure.as_ref()?;
    let field = exposure.needs_host_name()?;
    let url = url::Url::parse(&spec.base_url).ok()?;
    if !matches!(url.host(), Some(url::Host::Domain(_))) {
        return Some(format!(
            "{field}: needs a host name in baseURL, not an address"
        ));
    }
    let tls = exposure
        .ingress
        .as_ref()
        .is_some_and(|ingress| ingress.tls_secret_name.is_some());
    ((tls || exposure.certificate.is_some()) && url.scheme() != "https")
        .then(|| format!("{field}: a certificate needs a baseURL that starts with https://"))
}

/// Number of ways in which the database is given.
fn databases(database: &Database) -> usize {
    [
        database.secret_ref.is_some(),
        database.connection.is_some(),
        database.cnpg.is_some(),
        database.managed.is_some(),
    ]
    .into_iter()
    .filter(|&set| set)
    .count()
}

fn is_base_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && !text.ends_with('/')
    })
}

/// `spec.auth`, with what depends on it.
fn settings(spec: &AuthBackendSpec) -> Result<Settings, String> {
    let settings = spec.auth.clone().unwrap_or_default();
    let text = serde_saphyr::to_string(&settings)
        .map_err(|error| format!("auth: cannot be written as YAML: {error}"))?;
    let schema = settings.schema_settings();
    Ok(Settings {
        hash: hash::of(&text),
        text,
        schema_hash: (!schema.is_empty()).then(|| hash::of(&schema)),
        secret_refs: settings.secret_refs(),
        outbound_ports: settings.outbound_ports(),
    })
}

#[cfg(test)]
mod tests;
