//! Sessions: who is signed in, until when.

mod model;
pub mod store;

pub use model::{NewSession, Session, SessionUser};
