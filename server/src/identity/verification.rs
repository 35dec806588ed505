//! Verifications: values that someone brings back once, such as the token of a mailed link.

mod keeper;
mod model;
pub(crate) mod store;

pub use keeper::Verifications;
pub use model::{NewVerification, Verification};
