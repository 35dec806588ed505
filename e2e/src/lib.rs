//! What the tests of the chart and of the product on a cluster share: processes, the cluster, the API's client and
//! the load.
//!
//! The tests drive `kubectl` and `helm` as users do, so that what they prove is what the documentation promises.

pub mod api;
pub mod cluster;
pub mod command;
mod crash;
pub mod image;
pub mod load;
pub mod node;
pub mod operator;
pub mod postgres;
pub mod resource;
mod schema;
pub mod wait;
