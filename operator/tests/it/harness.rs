//! What the tests share: a real API server, a world of its own for each test, and the parts that a cluster would play.

mod line;
mod rights;
mod server;
mod settings;
mod simulator;
mod state;
mod world;

pub use line::Cut;
pub use settings::DEFAULT_SETTINGS;
pub use simulator::{FAILURE, succeed_job};
pub use world::{IMAGE, Replica, World, condition, image_of, is_ready, status, status_of};
