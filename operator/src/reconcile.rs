//! One reconcile: observe, validate, plan, apply, report. IO only at both ends.

pub mod claims;
pub mod conditions;
pub mod database;
mod driver;
pub mod hash;
pub mod image;
pub mod observed;
pub mod plan;
pub mod reason;
pub mod references;
pub mod scrub;
pub mod validate;

pub use driver::reconcile;
