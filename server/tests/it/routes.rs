//! The API's endpoints, as a browser sees them.

mod additional_fields;
pub(crate) mod browser;
mod change_password;
mod client_address;
mod cookie_cache;
mod cors;
mod error_page;
mod get_session;
mod list_sessions;
mod open_api;
mod origin;
mod rate_limit;
mod revoke;
mod routing;
mod secrets;
mod sign_in;
mod sign_out;
mod sign_up;
mod update_session;
mod update_user;
mod verify_password;
