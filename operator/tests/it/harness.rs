//! What the tests share: a real API server, a world of its own for each test, and the parts that a cluster would play.

mod server;
mod simulator;
mod world;

pub use simulator::{FAILURE, fail_job, succeed_job};
pub use world::{IMAGE, Replica, World, condition, image_of, is_ready, status, status_of};
