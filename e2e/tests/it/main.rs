//! The product on a cluster: installed by Helm, declared by `kubectl`, used through its API.
//!
//! One test at a time (`--test-threads=1`): they share one operator.

mod crash;
mod database;
mod deletion;
mod failed_migration;
mod helm;
mod install;
mod rotation;
mod secrecy;
mod setup;
mod upgrade;
