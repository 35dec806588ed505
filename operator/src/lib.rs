//! The operator: turns each `AuthBackend` into a running authentication service and reports on it.

pub mod build;
pub mod config;
pub mod labels;
pub mod names;
pub mod reconcile;
