//! What the tests share: a real API server, a world of its own for each test, and the parts that a cluster would play.

mod command_line;
mod line;
mod proxy;
mod refusal;
mod replica;
mod server;
mod settings;
mod state;
mod world;

pub use authbackend_testkit::{FAILURE, User, succeed_job};
pub use command_line::CommandLine;
pub use line::{Fault, Line, Trouble};
pub use refusal::Refusal;
pub use replica::Replica;
pub use settings::DEFAULT_SETTINGS;
pub use world::{IMAGE, LEASE, World, condition, image_of, is_ready, status, status_of};
