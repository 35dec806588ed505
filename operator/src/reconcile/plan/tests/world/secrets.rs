//! The Secrets of the namespace, and what the operator reads of them.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;

use super::{NAMESPACE, World};
use crate::reconcile::observed::{Observed, ObservedSecret};
use crate::reconcile::references;

impl World {
    /// Creates every Secret that the spec names and the operator does not make.
    pub fn create_secrets(&mut self) {
        for (name, uses) in references::secrets(&self.observed.auth_backend) {
            if name.ends_with("-signing") || name.ends_with("-postgres") {
                continue;
            }
            let value = |key: &String| {
                if uses.url_keys.contains(key) {
                    "postgres://u:p@db.example/shop"
                } else {
                    "value"
                }
            };
            let data = uses.keys.iter().map(|key| (key.as_str(), value(key)));
            self.put_secret(&name, &data.collect::<Vec<_>>());
        }
    }

    /// Creates or replaces a Secret.
    pub fn put_secret(&mut self, name: &str, data: &[(&str, &str)]) {
        let mut secret = Secret::default();
        secret.metadata.name = Some(name.to_owned());
        let bytes = |value: &str| ByteString(value.as_bytes().to_vec());
        secret.data = Some(
            data.iter()
                .map(|&(key, value)| (key.to_owned(), bytes(value)))
                .collect(),
        );
        self.store_secret(secret);
    }

    pub(super) fn store_secret(&mut self, mut secret: Secret) {
        let name = secret.name_any();
        let uid = self.uid("secret");
        secret.metadata.resource_version = Some(uid.clone());
        secret.metadata.uid = Some(uid);
        let keys = secret.data.iter().flatten().map(|(key, _)| key.clone());
        let reduced = ObservedSecret::reduce(&secret, &keys.collect(), NAMESPACE);
        self.observed.secrets.insert(name, reduced);
    }

    /// What the operator gets to see: of the Secrets only those that are referred to, and of them only the URLs that are.
    pub(super) fn read(&self) -> Observed {
        let mut observed = self.observed.clone();
        let uses = references::secrets(&observed.auth_backend);
        observed.secrets.retain(|name, secret| {
            let Some(uses) = uses.get(name) else {
                return false;
            };
            secret
                .databases
                .retain(|key, _| uses.url_keys.contains(key));
            true
        });
        observed
    }
}
