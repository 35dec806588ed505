//! Tests on a real Postgres: `TEST_DATABASE_URL` names one on which databases may be created.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy knows the tests of this crate, not what they call"
)]

mod admin;
mod advisories;
mod check_config;
mod drain;
mod events;
mod janitor;
mod limits;
mod logs;
mod mail;
mod migrate;
mod plugins;
mod pool;
mod pooler;
mod revocation;
mod rotation;
mod routes;
mod schema;
mod secondary_storage;
mod session_memory;
mod session_reads;
mod session_starts;
mod start;
mod statements;
mod support;
mod traces;
