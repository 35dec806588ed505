//! One reconcile: observe, validate, plan, apply, report. IO only at both ends.

pub mod conditions;
pub mod database;
mod driver;
pub mod hash;
pub mod observed;
pub mod plan;
pub mod references;

pub use driver::reconcile;
