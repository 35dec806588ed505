//! Verifications: values that someone brings back once, such as the token of a mailed link.

mod model;
pub mod store;

pub use model::{NewVerification, Verification};
