//! A real API server for tests and benchmarks. There is no kubelet and no controller manager: [`Simulator`] plays their
//! parts.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test or a benchmark that cannot go on has failed"
)]

mod api_server;
mod rights;
mod simulator;

pub use api_server::{ApiServer, User};
pub use rights::grant;
pub use simulator::{FAILURE, Simulator, TOO_MUCH_CPU, succeed_job};
