//! `auth-server openapi`.

use super::{print, tell_error};
use crate::{
    http::openapi::{About, document},
    plugins,
};

/// What every server can answer, with default settings and all plugins.
const ABOUT: About<'_> = About {
    url: "/api/auth",
    session_cookie: "better-auth.session_token",
    has_bearer: true,
};

pub(super) fn run() -> u8 {
    let document = document(&ABOUT, plugins::described(|_| true));
    match serde_json::to_string_pretty(&document) {
        Ok(text) => {
            print(&text);
            0
        }
        Err(error) => {
            tell_error(&error);
            1
        }
    }
}
