//! The HTTP border: the accept loop, the one filter behind it, and what handlers are made of.

pub mod body;
pub mod call;
pub mod client_ip;
pub mod content_type;
pub mod cookie;
pub mod cors;
pub mod dispatch;
pub mod error;
pub mod error_code;
pub mod exchange;
pub mod extract;
pub mod filter;
pub mod glob;
pub mod handler;
pub mod openapi;
pub mod origin;
pub mod path;
pub mod plugin;
pub mod rate_limit;
pub mod redirect;
pub mod reply;
pub mod schema;
pub mod serve;
pub mod session;
pub mod table;
pub mod uri;

/// What handlers answer with; from here, so that warp stays behind this border.
pub use warp::{
    http::{HeaderValue, StatusCode},
    reply::Response,
};
