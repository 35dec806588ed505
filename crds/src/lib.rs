//! The `AuthBackend` custom resource: its types, its schema and its validation rules.
//!
//! One definition, one place. [`auth`] is the part of `spec` that configures the auth server; the server
//! deserializes the very same types from its settings file, so that a new setting is one field here.
//! Everything that concerns Kubernetes is behind the feature `crd`, so that the server builds without it.

pub mod auth;
#[cfg(feature = "crd")]
pub mod v1alpha1;
#[cfg(feature = "yaml")]
pub mod yaml;
