//! The plugins, as clients see them.

mod bearer;
mod jwt;
