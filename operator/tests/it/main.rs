//! The operator on a real API server. There is no kubelet and no controller manager: the harness plays their parts.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod harness;

mod admission;
mod bundle;
mod chart;
mod claims;
mod cli;
mod cnpg;
mod crash;
mod deletion;
mod drift;
mod exposure;
mod failure;
mod gate;
mod generated;
mod hibernation;
mod leader;
mod lifecycle;
mod placement;
mod put_back;
mod refused;
mod schema;
mod secrets;
mod settings;
mod traces;
