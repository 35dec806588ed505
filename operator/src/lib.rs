//! The operator: turns each `AuthBackend` into a running authentication service and reports on it.

pub mod announcements;
pub mod apply;
pub mod args;
pub mod backoff;
pub mod build;
pub mod claims;
pub mod client;
pub mod config;
pub mod context;
pub mod controller;
pub mod events;
pub mod failure;
pub mod fence;
pub mod health;
pub mod labels;
pub mod lease;
pub mod metrics;
pub mod names;
pub mod observe;
pub mod optional;
pub mod presence;
pub mod quantity;
pub mod reconcile;
pub mod report;
pub mod run;
pub mod telemetry;
