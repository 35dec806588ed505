//! Traces by OTLP over HTTP, set by the standard variables of OpenTelemetry and off without them.
//!
//! A span is exported only if its target is [`TARGET`]: what a library says about itself, which may hold what it was
//! given, never leaves the process. Ending a span never waits; what the collector does not take in time is lost, which
//! is logged rarely.

#[cfg(feature = "collector")]
pub mod collector;
mod export;
mod failures;
mod headers;
mod settings;
mod transport;

pub use export::Export;
pub use headers::FileReader;
pub use settings::{Problem, Service, Settings};

/// The target of spans that are exported.
pub const TARGET: &str = "authbackend::trace";

/// What keeps these spans out of the log, whatever its level: a directive for its filter. Without an exporter nobody
/// wants them then, and they cost nothing.
pub const NOT_LOGGED: &str = "authbackend::trace=off";

#[cfg(test)]
mod tests;
