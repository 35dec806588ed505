//! Which Secrets an AuthBackend refers to.

use std::collections::{BTreeMap, BTreeSet};

use authbackend_crds::auth::AuthSettings;
use authbackend_crds::v1alpha1::{
    AuthBackend, AuthBackendSpec, Cnpg, Current, Database, SecretKeyRef,
};
use kube::ResourceExt as _;

use crate::names;

/// Key of the signing secret that the operator generates.
pub const SIGNING_KEY: &str = "secret";
/// Key of a managed database's role.
pub const USERNAME_KEY: &str = "username";
/// Key of its password.
pub const PASSWORD_KEY: &str = "password";
/// Key of the database's name.
pub const DATABASE_KEY: &str = "database";
/// Key of the connection URL.
pub const URI_KEY: &str = "uri";

/// How a Secret is used.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecretUse {
    /// Keys that are needed.
    pub keys: BTreeSet<String>,
    /// Those of them that hold a connection URL.
    pub url_keys: BTreeSet<String>,
}

/// Every Secret that `auth_backend` refers to, by name: of its database and its settings (also of those that still
/// serve), of the database that is being migrated, its signing secrets, and those that the operator generates for it.
pub fn secrets(auth_backend: &AuthBackend) -> BTreeMap<String, SecretUse> {
    let name = auth_backend.name_any();
    let status = auth_backend.status.as_ref();
    let serving: Vec<&Current> = status
        .into_iter()
        .flat_map(|status| [&status.current, &status.previous])
        .flatten()
        .collect();
    let migrated = status
        .and_then(|status| status.migration.as_ref())
        .filter(|migration| migration.phase.is_under_way());
    let databases = std::iter::once(&auth_backend.spec.database)
        .chain(serving.iter().map(|current| &current.database))
        .chain(migrated.map(|migration| &migration.database));
    let mut uses: BTreeMap<String, SecretUse> = BTreeMap::new();
    for database in databases {
        for reference in of_database(database, &name) {
            uses.entry(reference.name)
                .or_default()
                .keys
                .insert(reference.key);
        }
        if let Some(reference) = url_of(database) {
            let entry = uses.entry(reference.name).or_default();
            entry.url_keys.insert(reference.key);
        }
    }
    let settings = auth_backend
        .spec
        .auth
        .iter()
        .flat_map(AuthSettings::secret_refs);
    let served = serving
        .iter()
        .flat_map(|current| current.secret_refs.clone());
    for reference in signing(&auth_backend.spec, &name)
        .into_iter()
        .chain(of_migration(&auth_backend.spec))
        .chain(settings)
        .chain(served)
    {
        uses.entry(reference.name)
            .or_default()
            .keys
            .insert(reference.key);
    }
    uses
}

/// The connection URL that somebody else wrote.
pub fn url_of(database: &Database) -> Option<SecretKeyRef> {
    let cluster = database.cnpg.as_ref().map(Cnpg::uri_ref);
    database.secret_ref.clone().or(cluster)
}

/// The keys that a connection to `database` needs.
pub fn of_database(database: &Database, instance: &str) -> Vec<SecretKeyRef> {
    if let Some(reference) = &database.secret_ref {
        return vec![reference.clone()];
    }
    if let Some(connection) = &database.connection {
        let password = Some(connection.password_ref.clone());
        return password
            .into_iter()
            .chain(connection.ca_ref.clone())
            .collect();
    }
    if let Some(cluster) = &database.cnpg {
        return vec![cluster.uri_ref(), cluster.ca_ref()];
    }
    if database.managed.is_none() {
        return Vec::new();
    }
    [USERNAME_KEY, PASSWORD_KEY, DATABASE_KEY, URI_KEY]
        .map(|key| SecretKeyRef {
            name: names::postgres(instance),
            key: key.to_owned(),
        })
        .into()
}

/// The key with which a migration signs in, where it has a role of its own.
pub fn of_migration(spec: &AuthBackendSpec) -> Option<SecretKeyRef> {
    let credentials = spec.migration.as_ref()?.credentials.as_ref()?;
    Some(credentials.password_ref.clone())
}

/// The signing secrets, the first of which signs.
pub fn signing(spec: &AuthBackendSpec, instance: &str) -> Vec<SecretKeyRef> {
    let generated = || {
        vec![SecretKeyRef {
            name: names::signing_secret(instance),
            key: SIGNING_KEY.to_owned(),
        }]
    };
    spec.secret_refs.clone().unwrap_or_else(generated)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names_of(auth_backend: serde_json::Value) -> Vec<(String, SecretUse)> {
        let auth_backend: AuthBackend = serde_json::from_value(auth_backend).unwrap();
        secrets(&auth_backend).into_iter().collect()
    }

    fn set(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(|&key| key.to_owned()).collect()
    }

    #[test]
    fn the_database_and_the_generated_signing_secret_are_referred_to() {
        let found = names_of(json!({
            "metadata": {"name": "shop"},
            "spec": {"baseURL": "https://x", "database": {"secretRef": {"name": "db", "key": "uri"}}},
        }));
        let url = SecretUse {
            keys: set(&["uri"]),
            url_keys: set(&["uri"]),
        };
        let signing = SecretUse {
            keys: set(&["secret"]),
            url_keys: set(&[]),
        };
        assert_eq!(
            found,
            [("db".to_owned(), url), ("shop-signing".to_owned(), signing)]
        );
    }

    #[test]
    fn several_keys_of_one_secret_are_one_reference() {
        let found = names_of(json!({
            "metadata": {"name": "shop"},
            "spec": {
                "baseURL": "https://x",
                "secretRefs": [{"name": "all", "key": "new"}, {"name": "all", "key": "old"}],
                "database": {"connection": {"host": "db", "name": "n", "user": "u",
                    "passwordRef": {"name": "all", "key": "pw"}, "caRef": {"name": "all", "key": "ca"}}},
            },
        }));
        let all = SecretUse {
            keys: set(&["ca", "new", "old", "pw"]),
            url_keys: set(&[]),
        };
        assert_eq!(found, [("all".to_owned(), all)]);
    }

    #[test]
    fn the_database_that_still_serves_is_referred_to() {
        let found = names_of(json!({
            "metadata": {"name": "shop"},
            "spec": {"baseURL": "https://x", "database": {"secretRef": {"name": "new", "key": "uri"}}},
            "status": {"current": {"image": "s:1", "databaseHash": "", "database": {"secretRef": {"name": "old", "key": "uri"}}}},
        }));
        assert!(
            found
                .iter()
                .any(|(name, secret)| name == "old" && secret.url_keys == set(&["uri"]))
        );
    }

    #[test]
    fn a_database_is_referred_to_while_it_is_being_migrated() {
        let refers = |phase: &str| {
            let database = json!({"secretRef": {"name": "third", "key": "uri"}});
            let found = names_of(json!({
                "metadata": {"name": "shop"},
                "spec": {"baseURL": "https://x", "database": {"secretRef": {"name": "new", "key": "uri"}}},
                "status": {"migration": {"hash": "h", "phase": phase, "image": "s:1", "databaseHash": "d", "job": "j", "database": database}},
            }));
            found.iter().any(|(name, _)| name == "third")
        };
        for phase in ["Pending", "Planning", "AwaitingApproval", "Running"] {
            assert!(refers(phase), "{phase}");
        }
        for phase in ["Succeeded", "Failed", "RolledBack"] {
            assert!(!refers(phase), "{phase}");
        }
    }

    #[test]
    fn a_managed_database_needs_all_of_its_keys() {
        let found = names_of(json!({
            "metadata": {"name": "shop"},
            "spec": {"baseURL": "https://x", "database": {"managed": {}}},
        }));
        assert_eq!(
            found[0].1.keys,
            set(&["database", "password", "uri", "username"])
        );
    }
}
