//! What the tests share: a real API server, a world of its own for each test, and the parts that a cluster would play.

mod command_line;
mod line;
mod rights;
mod server;
mod settings;
mod simulator;
mod state;
mod world;

pub use command_line::CommandLine;
pub use line::Cut;
pub use server::User;
pub use settings::DEFAULT_SETTINGS;
pub use simulator::{FAILURE, succeed_job};
pub use world::{IMAGE, Replica, World, condition, image_of, is_ready, status, status_of};
