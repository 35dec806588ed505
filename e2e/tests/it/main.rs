//! The product on a cluster: installed by Helm, declared by `kubectl`, used through its API.
//!
//! Some tests at a time (`--test-threads=3`): they share one operator, unless they change it.

mod command_line;
mod crash;
mod database;
mod deletion;
mod failed_migration;
mod gate;
mod helm;
mod install;
mod journey;
mod rotation;
mod secrecy;
mod setup;
mod upgrade;
