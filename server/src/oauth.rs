//! Sign-in through other services (OAuth 2.0 and OpenID Connect).
//!
//! What differs between the services that better-auth has built in is data: the [`catalog`]. Code is left for what no
//! data can say ([`special`]), and for what all have in common: the URL of the page where the user agrees
//! ([`authorize`]), the exchange of a code for tokens ([`token`]), the user's profile ([`profile`]).

pub mod authorize;
pub mod catalog;
pub mod generic;
pub mod id_token;
pub mod keys;
pub mod linking;
pub mod profile;
pub mod provider;
pub mod refreshes;
pub mod registry;
pub mod service;
mod special;
pub mod state;
pub mod token;
pub mod transport;
mod wechat;

#[cfg(test)]
mod recorded;

/// What better-auth's own code does for the service `id`: written by `conformance/bin/social-fixtures.mjs`.
#[cfg(test)]
fn golden(id: &str) -> serde_json::Value {
    let path = format!("{}/src/oauth/golden/{id}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
