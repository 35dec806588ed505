//! The produced objects, one file per kind. Pure: an [`Instance`] goes in, an object comes out.

pub mod certificate;
pub mod config_map;
pub mod deployment;
pub mod horizontal_pod_autoscaler;
pub mod http_route;
pub mod ingress;
pub mod job;
pub mod monitor;
pub mod network_policy;
pub mod pod_disruption_budget;
pub mod pod_template;
pub mod postgres;
pub mod service;
pub mod service_account;
pub mod signing_secret;

mod credentials;
mod environment;
mod instance;
mod mount;
mod optional;
mod pod;
mod tracing;

pub use instance::{Instance, Serving, Settings};
