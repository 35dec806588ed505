//! The auth server: better-auth's HTTP API on Postgres.
//!
//! The process side (this page's first half) reads the configuration, owns the one database pool, migrates the
//! schema and runs the listeners; the request side answers the API. `db`, `migrate` and `config` know nothing of
//! HTTP and can be used without it.

pub mod admin;
pub mod app;
mod bounded;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod draining;
pub mod email_verification;
pub mod events;
pub mod hasher;
pub mod http;
pub mod identity;
pub mod janitor;
pub mod mail;
pub mod metrics;
pub mod migrate;
pub mod oauth;
pub mod outbound;
pub mod outbox;
pub mod plugins;
pub mod routes;
pub mod run;
pub mod secondary;
pub mod self_check;
pub mod signals;
pub mod striped;
pub mod telemetry;
