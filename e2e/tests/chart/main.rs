//! The chart: what Helm makes of it, and the bundle for OLM that is made of that. Needs `helm`, `promtool` and
//! `operator-verify`, no cluster.

mod artifact_hub;
mod bundle;
mod chart;
mod crd;
mod images;
mod monitoring;
mod rbac;
mod render;
mod security;
mod tracing;
mod values;
