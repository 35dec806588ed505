//! A managed database: one Postgres for development and evaluation.

pub mod secret;
pub mod service;
pub mod stateful_set;

/// TCP port.
pub const PORT: i32 = 5432;
