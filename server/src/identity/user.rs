//! Users.

mod model;
pub mod store;

pub use model::{User, UserChanges};
