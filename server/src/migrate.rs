//! Migrations of the schema.

/// The newest migration that this version of the server needs to serve.
pub const REQUIRED_VERSION: i64 = 1;
