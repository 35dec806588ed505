//! The chart: what Helm makes of it. Needs `helm`, no cluster.

mod chart;
mod crd;
mod images;
mod rbac;
mod render;
mod security;
mod values;
