//! The produced objects, one file per kind. Pure: an [`Instance`] goes in, an object comes out.

pub mod config_map;
pub mod deployment;
pub mod horizontal_pod_autoscaler;
pub mod job;
pub mod pod_disruption_budget;
pub mod postgres;
pub mod service;
pub mod service_account;
pub mod signing_secret;

mod credentials;
mod environment;
mod instance;
mod pod;

pub use instance::{Instance, Serving, Settings};
