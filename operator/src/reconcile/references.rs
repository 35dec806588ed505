//! Which Secrets an AuthBackend refers to.

use std::collections::{BTreeMap, BTreeSet};

use authbackend_crds::v1alpha1::AuthBackend;

/// How a Secret is used.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecretUse {
    /// Keys that are needed.
    pub keys: BTreeSet<String>,
    /// Those of them that hold a connection URL.
    pub url_keys: BTreeSet<String>,
}

/// Every Secret that `auth_backend` refers to, by name: of its database (also the one that still serves), its
/// signing secrets, and those that the operator generates for it.
pub fn secrets(auth_backend: &AuthBackend) -> BTreeMap<String, SecretUse> {
    let _ = auth_backend;
    BTreeMap::new()
}
