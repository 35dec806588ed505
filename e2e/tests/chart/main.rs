//! The chart: what Helm makes of it. Needs `helm` and `promtool`, no cluster.

mod chart;
mod crd;
mod images;
mod monitoring;
mod rbac;
mod render;
mod security;
mod tracing;
mod values;
