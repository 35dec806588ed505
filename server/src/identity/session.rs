//! Sessions: who is signed in, until when.

mod memory;
mod model;
pub mod store;

pub use memory::{Recalled, SessionMemory};
pub use model::{NewSession, Session, SessionUser};
