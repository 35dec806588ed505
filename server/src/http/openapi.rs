//! The OpenAPI document, made of what routes, extractors and replies say of themselves.
//!
//! Nothing of it is written down a second time: a handler's parameters say what it reads and how that fails, its reply
//! says what it answers, and its route says which errors are its own.

mod document;
mod operation;

pub use document::{About, document};
pub use operation::Operation;
